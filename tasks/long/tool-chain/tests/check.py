# overhang canary e6bb1581672ab17ef73f9a3416b6640a
import os

import box

W = box.WORKSPACE


def tool(name, *arguments, stdin=b"", cwd="/tmp"):
    return box.run([W + "/" + name, *arguments], stdin, cwd=cwd)


class Program:
    """Sources in a folder of their own, built and run step by step."""

    def __init__(self, *sources):
        self.top = box.scratch({"m%d.s" % i: source for i, source in enumerate(sources)})
        self.objects = ["m%d.o" % i for i in range(len(sources))]

    def assemble(self):
        for name in self.objects:
            got = tool("as", name[:-1] + "s", name, cwd=self.top)
            box.same("as", (got.code, got.err), (0, b""))
        return self

    def link(self):
        got = tool("ld", "p.img", *self.objects, cwd=self.top)
        box.same("ld", (got.code, got.err), (0, b""))
        return self

    def run(self, stdin=b""):
        return tool("run", "p.img", stdin=stdin, cwd=self.top)

    def gives(self, out, stdin=b"", label="run"):
        got = self.assemble().link().run(stdin)
        box.same(label, (got.out, got.err, got.code), (out, b"", 0))

    def stops(self, message, out=b"", stdin=b""):
        got = self.assemble().link().run(stdin)
        box.same("run", (got.out, got.err.decode("utf-8", "replace"), got.code), (out, "run: " + message + "\n", 1))


def fails(source, message):
    top = box.scratch({"bad.s": source})
    got = tool("as", "bad.s", "bad.o", cwd=top)
    box.same("as on %r" % source[:200], (got.err.decode("utf-8", "replace"), got.out, got.code, sorted(os.listdir(top))), ("as: " + message + "\n", b"", 1, ["bad.s"]))


def does_not_link(message, *sources):
    program = Program(*sources).assemble()
    got = tool("ld", "p.img", *program.objects, cwd=program.top)
    box.same("ld on %r" % (sources,), (got.err.decode("utf-8", "replace"), got.code, os.path.exists(program.top + "/p.img")), ("ld: " + message + "\n", 1, False))


def arithmetic():
    body, want = "global main\nmain:\n", b""
    for a, b, op, result in ((7, 2, "sub", 5), (2, 7, "sub", -5), (7, 2, "div", 3), (-7, 2, "div", -3), (7, -2, "mod", 1), (-7, 2, "mod", -1), (2147483647, 1, "add", -2147483648), (65536, 65536, "mul", 0),
                             (-2147483648, -1, "div", -2147483648), (-2147483648, -1, "mod", 0), (3, 3, "less", 0), (-1, 0, "less", 1), (4, 4, "same", 1), (6, 3, "and", 2), (6, 3, "xor", 5), (1, 4, "swap", 1), (46341, 46341, "mul", -2147479015)):
        body += " push %d\n push %d\n %s\n num\n" % (a, b, op)
        want += b"%d\n" % result
    Program(body + " push 0\n halt\n").gives(want, label="arithmetic")
    Program("global main\nmain: push 'A'\n out\n push '\\n'\n out\n push '\\''\n out\n push ';' ; a comment\n out\n push ',' ;, '\n out\n push 0x1F\n num\n push 256\n push 66\n add\n out\n push 0\n halt").gives(b"A\n';,31\nB")
    got = Program("global main\nmain: push 259\n halt\n").assemble().link().run()
    box.same("status is the value modulo 256", (got.code, got.err), (3, b""))


def input_and_jumps():
    echo = "global main\nmain: in\n dup\n push -1\n same\n jumpz go\n push 0\n halt\ngo: out\n jump main\n"
    Program(echo).gives(b"abc\xff\n\x00x", b"abc\xff\n\x00x")
    count = "global main\n; down from 1000\nmain:\n push 1000\nloop: dup\n num\n push 250\n sub\n dup\n jumpz done\n jump loop\ndone:\n halt"
    Program(count).gives(b"1000\n750\n500\n250\n")


def memory_and_calls():
    main = "extern twice\nextern counter\nglobal main\nmain:\n push 21\n call twice\n num\n push counter\n load\n num\n push here\n load\n num\n push here\n push 1\n add\n load\n num\n push 5\n push here\n store\n push here\n load\n num\n push 0\n halt\nhere: word 77, -3, here2\nhere2: word 0\n"
    other = "global twice\nglobal counter\ncounter: word 0\ntwice:\n push counter\n load\n push 1\n add\n push counter\n store\n swap\n dup\n add\n swap\n ret\n"
    Program(main, other).gives(b"42\n1\n77\n-3\n5\n")
    table = "global main\nextern a\nmain: push t\n load\n load\n num\n push t\n push 1\n add\n load\n load\n num\n push 0\n halt\nt: word a, b\nb: word 9\n"
    Program("global a\nspace 5\na: word 8\nx: space 3\n", table).gives(b"8\n9\n")
    text = "global main\nmain: push s\nl: dup\n load\n dup\n jumpz e\n out\n push 1\n add\n jump l\ne: push 0\n halt\ns: text \"a;b, \\\"q\\\" \\\\ \\n\"\n"
    Program(text).gives(b'a;b, "q" \\ \n')
    Program("local: push 1\n num\n ret\nglobal one\none: call local\n ret", "global main\nextern one\nlocal: push 2\n num\n ret\nmain: call one\n call local\n push 0\n halt").gives(b"1\n2\n", label="local names")
    Program("global main\nmain: push fn\n calls\n push 0\n halt\nfn: push 6\n num\n ret\n").gives(b"6\n", label="call by value")
    Program("global main\n  MAIN:\nmain: push MAIN\n push main\n same\n num\n push Main\n num\n push 0\n halt\nMain: word 1").gives(b"1\n12\n", label="capitals, and addresses")


def code_is_data():
    # The operand of `push 1` becomes 7 on the way, and `drop` becomes `num` on the second round.
    change = ("global main\nmain: push 0\nround:\n push 7\n push patch\n push 1\n add\n store\npatch: push 1\n num\n push 5\nop: drop\n push 18\n push op\n store\n"
              " dup\n jumpz more\n push 0\n halt\nmore: drop\n push 1\n jump round\n")
    Program(change).gives(b"7\n7\n5\n", label="a program that changes itself")
    Program("global main\nmain: push copy\n load\n push 60000\n store\n push copy\n push 1\n add\n load\n push 60001\n store\n push 60000\n calls\ncopy: jump on\non: push 8\n num\n push 0\n halt").gives(b"8\n", label="code behind the image")
    Program("global main\nmain: push 32\n push 65535\n store\n push 65535\n calls").stops("bad address 65536 at 65535")


def recursion():
    fib = "global main\nmain: push 15\n call fib\n num\n push 0\n halt\nfib:\n swap\n dup\n push 2\n less\n jumpz more\n swap\n ret\nmore:\n dup\n push 1\n sub\n call fib\n swap\n push 2\n sub\n call fib\n add\n swap\n ret\n"
    Program(fib).gives(b"610\n")


def errors_of_the_assembler():
    fails(" push 1\n frob\n", "line 2: unknown word frob")
    fails("push 1, 2\n", "line 1: push needs one operand")
    fails("\n\nadd 1\n", "line 3: add takes no operand")
    fails("push 2147483648\n", "line 1: bad operand 2147483648")
    fails("jump 5", "line 1: bad operand 5")
    fails("space -1", "line 1: bad operand -1")
    fails("text abc", "line 1: bad operand abc")
    fails("word 1,,2", "line 1: bad operand ")
    fails("a: add\nb:\na: add\n", "line 3: a is defined twice")
    fails("extern a\na: add", "line 2: a is defined twice")
    fails("9a: add", "line 1: bad name 9a")
    fails("add: add", "line 1: bad name add")
    fails("push nowhere\njump there\nfrob", "line 3: unknown word frob")
    fails("a: push 1\n jump there\n push nowhere", "line 2: there is not defined")
    fails("global g\nadd\n", "line 1: g is not defined")


def errors_of_the_linker():
    does_not_link("main is not defined", "main: add")
    does_not_link("f is not defined", "global main\nextern f\nmain: call f\n push 0\n halt")
    does_not_link("f is defined twice", "global main\nglobal f\nmain:\nf: push 0\n halt", "global f\nf: ret")
    does_not_link("f is defined twice", "global f\nf: ret\nextern q\n push q", "global f\nf: ret")
    does_not_link("b is not defined", "global main\nextern b\nextern a\nmain: push a\n push b\n", "global a\na: add")
    Program("global main\nextern unused\nmain: push 0\n halt").gives(b"", label="an extern that is not used")


def errors_while_running():
    Program("global main\nmain: add").stops("stack empty at 0")
    Program("global main\nmain: push 1\n push 0\n div").stops("division by zero at 4")
    Program("global main\nmain: push -1\n load").stops("bad address -1 at 2")
    Program("global main\nmain: push 1\n push 65536\n store").stops("bad address 65536 at 4")
    Program("global main\nmain: push 65\n out\n push 65535\n load\n num\n").stops("bad instruction 0 at 7", b"A0\n")
    Program("global main\nmain: jump main").stops("out of steps")
    Program("global main\nx: push 1\nmain: call x\n ret\n").stops("stack full at 2")
    Program("global main\nmain: push 99999\n calls").stops("bad address 99999 at 99999")
    does_not_link("image too large", "global main\nmain: space 65535\n push 1")


def long_runs():
    loop = "global main\nmain: push 0\nl: push 1\n add\n dup\n push %d\n less\n jumpz e\n jump l\ne: num\n push 0\n halt"
    Program(loop % 140000).gives(b"140000\n")
    Program(loop % 150000).stops("out of steps")


def check_uses_them():
    files = {
        "d/b ok/1.s": "global main\nextern f\nmain: in\n call f\n push 0\n halt", "d/b ok/2.s": "global f\nf: swap\n out\n ret", "d/b ok/input": "Q", "d/b ok/expected": "Q",
        "d/A wrong/x.s": "global main\nmain: push 1\n num\n push 0\n halt", "d/A wrong/expected": "1",
        "d/c as/a.s": "global main\nmain: push 0\n halt", "d/c as/z.s": "\nfrob", "d/c as/expected": "",
        "d/d ld/a.s": "x: add", "d/d ld/expected": "", "d/e run/a.s": "global main\nmain: add", "d/e run/expected": "",
        "d/e2 steps/a.s": "global main\nmain: push 1\n num\nx: jump x", "d/e2 steps/expected": "1\n",
        "d/f status/a.s": "global main\nmain: push 4\n halt", "d/f status/expected": "", "d/a file": "not a folder",
        "g/only/a.s": "global main\nmain: push 'x'\n out\n push 0\n halt", "g/only/expected": "x", "g/only/notes.txt": "frob",
    }
    top = box.scratch(files)
    before = sorted(os.path.join(f, n) for f, _, names in os.walk(top) for n in names)
    got = tool("check", top + "/d")
    want = "A wrong wrong output\nb ok ok\nc as fails: line 2: unknown word frob\nd ld fails: main is not defined\ne run fails: stack empty at 0\ne2 steps fails: out of steps\nf status ok\n"
    box.same("check", (got.out.decode("utf-8", "replace"), got.code), (want, 1))
    got = tool("check", "g", cwd=top)
    box.same("check", (got.out, got.code), (b"only ok\n", 0))
    box.same("check course", tool("check", "course", cwd=W)[:2], (0, b"greet ok\nsum ok\n"))
    box.same("files", sorted(os.path.join(f, n) for f, _, names in os.walk(top) for n in names), before)


box.main([arithmetic, input_and_jumps, memory_and_calls, code_is_data, recursion, errors_of_the_assembler, errors_of_the_linker, errors_while_running, long_runs, check_uses_them])
