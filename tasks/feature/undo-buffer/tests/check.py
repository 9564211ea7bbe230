# overhang canary ff2a37e2fdb12a2322455d4c81e2da69
import random
import shutil

import box

FOLDER = box.scratch()


class Line:
    def __init__(self, text):
        self.text = text


class Model:
    """Keeps whole states, as an editor should not."""

    def __init__(self):
        self.state = ()
        self.undos, self.redos, self.groups, self.marks = [], [], [], {}
        self.ident, self.saved, self.next = 0, 0, 1
        self.out = []

    def step(self, new):
        if self.groups:
            self.groups[-1][1] = True
        else:
            self.commit(self.state)
        self.state = new

    def commit(self, before):
        self.undos.append((before, self.ident))
        self.redos = []
        self.ident = self.next
        self.next += 1

    def number(self, words, at, low, high):
        if len(words) <= at or not words[at].isdigit() or not low <= int(words[at]) <= high:
            raise ValueError
        return int(words[at])

    def obey(self, line):
        words = line.split(" ")
        command, size = words[0], len(self.state)
        if command == "append":
            self.step(self.state + (Line(" ".join(words[1:])),))
        elif command == "insert":
            n = self.number(words, 1, 1, size)
            self.step(self.state[:n - 1] + (Line(" ".join(words[2:])),) + self.state[n - 1:])
        elif command == "change":
            n = self.number(words, 1, 1, size)
            # The line stays the same line; what it reads is part of the state.
            self.step(self.state[:n - 1] + (Changed(self.state[n - 1], " ".join(words[2:])),) + self.state[n:])
        elif command == "delete":
            a = self.number(words, 1, 1, size)
            b = self.number(words, 2, a, size)
            self.step(self.state[:a - 1] + self.state[b:])
        elif command in ("undo", "redo"):
            source, target = (self.undos, self.redos) if command == "undo" else (self.redos, self.undos)
            n = self.number(words, 1, 1, 10**9) if len(words) > 1 else 1
            if self.groups or n > len(source):
                raise ValueError
            for _ in range(n):
                target.append((self.state, self.ident))
                self.state, self.ident = source.pop()
        elif command == "begin":
            self.groups.append([self.state, False])
        elif command == "end":
            before, changed = self.groups.pop() if self.groups else self.fail()
            if changed and self.groups:
                self.groups[-1][1] = True
            elif changed:
                self.commit(before)
        elif command == "abort":
            self.state, _ = self.groups.pop() if self.groups else self.fail()
        elif command == "mark":
            if len(words) < 2 or not words[1].isalpha():
                raise ValueError
            self.marks[words[1]] = identity(self.state[self.number(words, 2, 1, size) - 1])
        elif command == "where":
            if len(words) < 2 or words[1] not in self.marks:
                raise ValueError
            found = [i for i, one in enumerate(self.state, 1) if identity(one) is self.marks[words[1]]]
            self.out.append(str(found[0]) if found else "gone")
        elif command == "save":
            if self.groups:
                raise ValueError
            self.saved = self.ident
        elif command == "modified":
            reachable = {self.ident} | {i for _, i in self.undos} | {i for _, i in self.redos}
            clean = self.saved == self.ident and self.saved in reachable and not any(changed for _, changed in self.groups)
            self.out.append("no" if clean else "yes")
        elif command == "print":
            self.out.extend(one.text for one in self.state)
        else:
            raise ValueError

    def fail(self):
        raise ValueError

    def play(self, lines):
        for line in lines:
            try:
                self.obey(line)
            except ValueError:
                self.out.append("?")
        return "".join(one + "\n" for one in self.out).encode()


class Changed(Line):
    def __init__(self, line, text):
        super().__init__(text)
        self.line = identity(line)


def identity(line):
    return line.line if isinstance(line, Changed) else line


def builds():
    shutil.copy(box.WORKSPACE + "/edit.cpp", FOLDER + "/edit.cpp")
    box.give(FOLDER)
    for name, options in (("edit", ["-O1"]), ("checked", ["-g", "-fsanitize=address,undefined"])):
        got = box.run(["g++", "-std=c++17", *options, "-o", name, "edit.cpp"], cwd=FOLDER, timeout=box.BUILD_LIMIT)
        if got.code != 0:
            raise AssertionError(got.err.decode("utf-8", "replace")[:600])


def compare(lines, program="edit"):
    data = "".join(line + "\n" for line in lines).encode()
    got = box.run([FOLDER + "/" + program], data)
    want = Model().play(lines)
    if got.out != want:
        mine, theirs = got.out.split(b"\n"), want.split(b"\n")
        at = next((i for i, pair in enumerate(zip(mine, theirs)) if pair[0] != pair[1]), min(len(mine), len(theirs)))
        raise AssertionError("output line %d: got %r, want %r, of the input %.500r" % (at + 1, mine[at:at + 1], theirs[at:at + 1], " / ".join(lines)))
    box.same("status", (got.code, got.err[:500]), (0, b""))


def scenarios():
    texts = """
append a/append b/undo/print/redo/print/redo/undo 3/undo 2/print/undo/modified/redo 2/redo 1/print
append a/begin/append b/begin/append c/end/append d/end/print/undo/print/redo/print/undo 2/print
append a/undo/begin/end/redo/print/undo/begin/append x/abort/redo/print/undo/begin/begin/append x/abort/end/redo/print
begin/append a/begin/append b/abort/print/undo/save/redo/end/print/undo/print
end/abort/begin/abort/abort/begin/end/end
append a/append b/append c/mark m 2/insert 1 x/where m/delete 1 2/where m/delete 1 1/where m/undo/where m/undo 2/where m/undo 2/where m/redo 2/where m/where z/mark m 9/where m
append a/append b/mark q 2/change 2 z/where q/delete 2 2/append new/where q/undo 2/where q/redo/where q/print
append a/undo/redo/mark a 1/undo/where a/redo/where a/undo/append other/where a/undo/where a
append a/append b/delete 1 2/mark a 1/undo/mark a 1/mark b 2/redo/where a/where b/undo/where b/where a/mark a 2/where a/mark a1 1/mark  1/mark a/where a
modified/save/append x/modified/delete 1 1/modified/undo/modified/undo/modified/redo 2/save/undo/modified/redo/modified
append a/save/undo/modified/append b/modified/undo/modified/redo/modified/save/modified/undo 2/modified
append a/save/begin/modified/append b/modified/begin/append c/abort/modified/abort/modified/begin/change 1 a/end/modified/undo/modified
save/begin/begin/append c/end/modified/abort/modified/begin/begin/append c/abort/modified/end/modified
append a/begin/delete 1 1/mark m 1/append b/mark m 1/abort/where m/redo/begin/append z/mark n 2/end/undo/where n/redo/where n
undo 0/undo x/undo -1/redo 0/append a/undo 1 2/redo 1 x/print/undo x/print/frob/insert 5 a/insert 0 a/delete 2 1/delete 1/append/print/append   two/print
append a/append b/append c/begin/delete 2 2/insert 2 B/end/mark b 2/undo/where b/mark c 3/redo/where c/where b/undo 4/where b/where c/redo 4/where b/where c
""".strip().split("\n")
    for number, text in enumerate(texts):
        compare(text.split("/"), ("edit", "edit", "checked")[number % 3])


def made_up(rng, count):
    size = 0
    for _ in range(count):
        n = rng.randrange(0, 9)
        yield rng.choice(("append t%d" % n, "append u", "insert %d i%d" % (n, n), "insert 1 v", "change %d c%d" % (n, n), "delete %d %d" % (n, n + rng.randrange(3)), "delete 1 1",
                          "undo", "undo", "undo %d" % n, "redo", "redo %d" % n, "begin", "end", "end", "abort", "mark %s %d" % (rng.choice("abc"), n), "where " + rng.choice("abc"),
                          "where " + rng.choice("abc"), "save", "modified", "modified", "print"))


def random_sessions():
    rng = random.Random(52361)
    for number in range(10):
        compare(list(made_up(rng, rng.randrange(20, 400))), "checked" if number % 4 == 0 else "edit")


def long_session():
    lines = ["append line %d" % i for i in range(3000)] + ["mark m 1500"]
    lines += ["change %d text %d" % (i % 3000 + 1, i) for i in range(12000)]
    lines += ["insert 10 x" if i % 2 else "delete 10 10" for i in range(4000)]
    lines += ["undo 16000", "where m", "print", "redo 16000", "where m", "undo 19000", "where m", "modified", "redo 19000", "print"]
    data = "".join(line + "\n" for line in lines).encode()
    got = box.run(["bash", "-c", "ulimit -v 220000; exec ./edit"], data, cwd=FOLDER)
    want = [b"1500"] + [b"line %d" % i for i in range(3000)] + [b"1500", b"gone", b"no"]
    box.same("long session", (got.code, got.out.split(b"\n")[:len(want)]), (0, want))
    final = ["line %d" % i for i in range(3000)]
    for i in range(12000):
        final[i % 3000] = "text %d" % i
    for i in range(4000):
        if i % 2:
            final.insert(9, "x")
        else:
            del final[9]
    box.same("its end", got.out.decode().split("\n")[len(want):-1], final)


box.main([builds, scenarios, random_sessions, long_session])
