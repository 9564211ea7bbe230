# overhang canary a4ac614118d11516f57d1eb07b2258f8
import os
import random
import shutil

import box

FOLDER = box.scratch()
PROGRAM = FOLDER + "/fares"


def builds():
    shutil.copy(box.WORKSPACE + "/fares.rs", FOLDER + "/fares.rs")
    box.give(FOLDER)
    got = box.run("rustc --edition 2021 -o fares fares.rs".split(), cwd=FOLDER, timeout=box.BUILD_LIMIT)
    if got.code != 0:
        raise AssertionError(got.err.decode("utf-8", "replace")[:600])
    os.chown(box.WORKSPACE, 0, 0)
    os.chmod(box.WORKSPACE, 0o700)


def reference(data):
    """What the script makes of it. Python can be started here only: the till has none."""
    os.chmod(PYTHON, 0o755)
    try:
        return box.run([PYTHON, "-I", REFERENCE], data, cwd=FOLDER)
    finally:
        os.chmod(PYTHON, 0o700)


def compare(data):
    want = reference(data)
    got = box.run([PROGRAM], data, cwd=FOLDER)
    box.same("reference", (want.code, want.err), (0, b""))
    box.same("status on %.200r" % data, got.code, 0)
    if got.out != want.out:
        pairs = zip(got.out.split(b"\n") + [None], want.out.split(b"\n") + [None])
        line, pair = next((i, p) for i, p in enumerate(pairs, 1) if p[0] != p[1])
        raise AssertionError("output line %d: got %r, want %r; input starts %.150r" % ((line,) + pair + (data,)))


FIXED = [
    "", "\n", "report\n", "ride a 1 250\nreport", "ride a 1 x\nreport\n", "ride a 1\nreport\n", "ride a 1 2 3\n", "drop a\n", "drop\n",
    "ride a 1 5\nride b 1 5\nride c 1 5\nreport down\nreport up\nreport x down\n",
    "ride a 1 5\ndrop a b\nreport\nride a 2 2\ndrop a a\nreport\n", "ride a 1 5\nride b 1 1\ndrop a\nride a 1 1\nreport\nreport down\n",
    "ride a 1 25\nride b 1 35\nride c 1 -25\nride d 1 -35\nride e 1 -5\nride f 1 5\nride g 1 -15\nride h 1 4\nride i 1 -4\nride j 1 0\nreport\n",
    "ride a 1 -7\nshare a 2\nshare a -2\nshare a 0\nshare a 3\nshare b x\nshare a x\nshare a\n",
    "ride a 3 33\nrefund a 50\nreport\nrefund a -50\nrefund a 33\nrefund a 33\nreport\nrefund z 1\nrefund a 1.5\nrefund a\n",
    "ride o'neil-mc.gee_x 1 1_000\nride x2y 0 1__0\nride 9to5 1 _1\nride abcdefghijkl 1 1_\nride ABC +3 -0_7\nride q 007 +-1\nride r + 1\nride s 1 1e3\nreport\n",
    "RIDE a 1 1\nreports\n# all\nride a 1 1 # x\nride#a 1 1\nride a#b 1 1\nreport\n",
    "ride a 1 1\rride b 1 2\r\nride c x 1\n\rreport\r\r\nbad\r", "ride\x1ca\x1d1\x1e2\nride\x0bb\x0c3\x1f4\nreport\x1cdown\n",
    "ride a 999999999999999 999999999999999\nreport\nshare a 7\nrefund a 99999\nreport\nshare a -13\n",
    "ride a 1 -999\nride b 1 -1000\nride c 1 999999\nride d 1 1000000\nreport\nshare d 1\nshare b 1\n",
    "ride a\x01b 1 1\nride \x7f 1 1\nride a\x1b[b 1 1\nreport\n", "ride a 1 0x10\nride a 1 1.0\nride a 1 ''\nreport\n", "refund a x\nride a 1 1\nrefund a x\ndrop b a\nreport\n",
]


def fixed_inputs():
    for text in FIXED:
        compare(text.encode())


def random_inputs():
    rng = random.Random(86028)
    names = ["ann", "Bob", "o'hara", "x1y2", "anna-lena-marie", "ANN", "q_q"]
    for _ in range(8):
        lines = []
        for _ in range(rng.randrange(5, 300)):
            name = rng.choice(names)
            value = rng.choice((rng.randrange(-100, 100) * 5, rng.randrange(-10**6, 10**6), rng.randrange(-10**14, 10**14)))
            lines.append(rng.choice((
                "ride %s %d %d" % (name, rng.randrange(-3, 9), value), "ride %s %d %s" % (name, rng.randrange(4), format(abs(value), "_")),
                "ride %s 1 %d" % (name, rng.choice((5, 15, -25))), "refund %s %d" % (name, rng.randrange(-150, 150)), "share %s %d" % (name, rng.randrange(-9, 10)),
                "drop " + name, "report", "report down", "ride %s x %d" % (name, value))) + rng.choice(("\n", "\n", "\r\n", "\r", " # note\n")))
        compare("".join(lines).encode())


def long_input():
    rng = random.Random(86029)
    lines = ["ride n%d %d %d" % (rng.randrange(900), rng.randrange(9), rng.randrange(-999, 9999)) for _ in range(20000)]
    compare("\n".join(lines + ["report", "report down"]).encode())


PYTHON = os.path.realpath("/usr/bin/python3")
REFERENCE = os.path.join(box.scratch(), "fares_reference.py")
shutil.copy("/tests/given/fares.py", REFERENCE)

box.main([builds, fixed_inputs, random_inputs, long_input])
