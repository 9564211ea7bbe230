# overhang canary 067b02f7cb14e9eeaa70392ca10f6197
import os
import random
import re
import shutil

import box

FOLDER = box.scratch()
MODES = ([], ["-d"], ["-s"], ["-f"])


def build(source, name, *options):
    shutil.copy(source, FOLDER + "/" + name + ".c")
    box.give(FOLDER)
    got = box.run(["gcc", "-std=c11", *options, "-o", name, name + ".c"], cwd=FOLDER, timeout=box.BUILD_LIMIT)
    box.same("gcc " + " ".join(options), got.code, 0)
    return os.path.join(FOLDER, name)


def inputs():
    fixed = [
        "", "a", "a b 12", "()", "[]", "(a)", "(a [b c] ())", "((1) (2 3) -4)", "(neg 1 2 (neg 5))", "(max 1 9 3)", "(max)", "(neg)",
        "(max (max 2) (neg -7) x 5)", "(() (()) ((a) ()))", "(a)) b", ")", "]", "(a]", "[a)", "(a\n(b\n", "\n\n(a\n]", "; only\n(a ; b)\n c)",
        "(a;x\nb)", "a;x\nb", "(a(b)c[d]e)", "neg", "(1 x 2 y)", "(1x 2)", "(99999999 1000001)", "(999999 999999 999999)",
        "(neg (max -5 -6) (max (neg 3) 2))", "(a)\n\n(b\n\n(c\n)\n]", "((neg) 3)", "((max 1) max 2)", "(-0 +5 0x1f 010)", "a\nb\n)",
        "(max -3000000000)", "99999999999999999999 (1)", "(( ( ( ) ) ) 1)", "(1 ()2)", "a ;", "(a ;", "\x0b\x0c(a\tb\r\n)", "(ä ü)",
        "(max neg 1)", "(neg max 1)", "word(1 2)", "(max ())", "(max (()) -2)", "[(])",
    ]
    yield b"  ".join(text.encode() for text in fixed[2:15])
    for number, text in enumerate(fixed):
        yield text.encode() + b"\n" * (number % 3 > 0)
    rng = random.Random(112358)
    for _ in range(15):
        parts = []
        open_ = []
        for _ in range(rng.randrange(1, 120)):
            kind = rng.random()
            if kind < 0.3:
                open_.append(rng.choice("(["))
                parts.append(open_[-1] + rng.choice(("", "", "neg ", "max ")))
            elif kind < 0.55 and open_:
                parts.append(")" if open_.pop() == "(" else "]")
            else:
                parts.append(rng.choice(("1", "-22", "word", "333", "neg", "max", "4444444", "; c\n", "\n")))
            parts.append(rng.choice((" ", " ", "", "\n")))
        if rng.random() < 0.85:
            parts += [")" if one == "(" else "]" for one in reversed(open_)]
        yield "".join(parts).encode()


def compare(program, reference, cases):
    for data in cases:
        for mode in MODES:
            want = box.run([reference] + mode, data, cwd=FOLDER)
            got = box.run([program] + mode, data, cwd=FOLDER)
            label = "sexp %s on %.120r" % (" ".join(mode), data)
            if "sanitized" in program and want.code:
                continue
            box.same(label, (got.code, got.out, got.err), (want.code, want.out, want.err))


def behaviour_is_kept():
    compare(build(box.WORKSPACE + "/sexp.c", "sexp", "-O1"), REFERENCE, inputs())
    for arguments in (["-x"], ["-d", "-s"], ["-df"], [""]):
        want, got = (box.run([FOLDER + "/" + name] + arguments, b"(1)", cwd=FOLDER) for name in ("reference", "sexp"))
        box.same("sexp %s" % arguments, (got.code, got.out), (want.code, want.out))


# Ways to more stack, which the instruction rules out.
CALLS = set("pthread_create thrd_create makecontext swapcontext setcontext setrlimit setrlimit64 prlimit prlimit64 sigaltstack clone syscall dlsym alloca".split())
WORDS = re.compile(r"\b(?:asm|__asm|__asm__|alloca|__builtin_alloca)\b")


def the_stack_is_left_alone():
    got = box.run(["nm", "-u", "sexp"], cwd=FOLDER)
    used = {line.split()[-1].split("@")[0] for line in got.out.decode().splitlines() if line.strip()}
    box.same("nm", (got.code, bool(used)), (0, True))
    box.same("calls that are ruled out", used & CALLS, set())
    with open(FOLDER + "/sexp.c", encoding="utf-8", errors="replace") as source:
        code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', " ", source.read(), flags=re.S)
    box.same("words that are ruled out", WORDS.findall(code), [])


def sanitizers_are_silent():
    cases = list(inputs())
    program = build(box.WORKSPACE + "/sexp.c", "sanitized", "-g", "-fsanitize=address,undefined")
    compare(program, REFERENCE, cases[::9] + cases[-4:])


def limited(mode, data):
    command = "ulimit -s 128; ulimit -v 200000; exec ./sexp %s" % " ".join(mode)
    return box.run(["bash", "-c", command], data, cwd=FOLDER)


def deep_input_works():
    levels = 500000
    deep = b"(" * levels + b"7" + b")" * levels
    box.same("-d", limited(["-d"], deep).out, b"%d\n" % levels)
    box.same("-s", limited(["-s"], deep).out, b"7\n")
    got = limited(["-f"], deep)
    box.same("-f", (got.code, got.out == deep + b"\n"), (0, True))
    empty = b"[" * levels + b"]" * levels
    box.same("-f on nothing", limited(["-f"], empty + b" a\n" + empty).out, b"\na\n\n")
    box.same("-d on nothing", limited(["-d"], empty).out, b"%d\n" % levels)
    negative = b"(neg 1 " * levels + b")" * levels
    box.same("-s of a sum", limited(["-s"], negative).out, b"%d\n" % (0 if levels % 2 == 0 else -1))
    half = 20000
    shallow = b"(1 " * half + b")" * half
    got = limited([], shallow)
    lines = []
    for level in range(half):
        indent = b" " * (level * 2 if level * 2 < 60 else 60 - level % 2)
        inner = b" " * ((level + 1) * 2 if (level + 1) * 2 < 60 else 60 - (level + 1) % 2)
        lines.append((indent, inner))
    want = b"".join(b"%s(%d\n%s1\n" % (indent, 2 if level < half - 1 else 1, inner) for level, (indent, inner) in enumerate(lines))
    want += b"".join(b"%s)\n" % indent for indent, _ in reversed(lines))
    box.same("laid out", (got.code, got.out == want), (0, True))
    got = limited([], b"(" * 120000 + b"7" + b")" * 120000)
    box.same("status and lines, laid out", (got.code, got.out.count(b"\n")), (0, 240001))
    got = limited([], b"(" * levels + b"]")
    box.same("an error deep down", (got.code, got.out, got.err), (1, b"", b"line 1: wrong bracket\n"))
    got = limited(["-d"], b"(\n" * levels)
    box.same("an end deep down", (got.code, got.out, got.err), (1, b"", b"line %d: list not closed\n" % (levels + 1)))


def wide_input_stays_fast():
    wide = b"(" + b"(1 2) " * 150000 + b")"
    box.same("-s on a wide list", limited(["-s"], wide).out, b"450000\n")


REFERENCE = build("/tests/given/sexp.c", "reference", "-O1")

box.main([behaviour_is_kept, the_stack_is_left_alone, sanitizers_are_silent, deep_input_works, wide_input_stays_fast])
