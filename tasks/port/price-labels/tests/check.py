# overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1
import os
import random
import shutil

import box

FOLDER = box.scratch()
shutil.copy("/tests/given/labels.js", FOLDER + "/labels.js")
box.give(FOLDER)
NODE = os.path.realpath(shutil.which("node"))


def reference(text):
    """What the script makes of it. Node can be started here only: the controller has none."""
    os.chmod(NODE, 0o755)
    try:
        return box.run([NODE, FOLDER + "/labels.js"], text)
    finally:
        os.chmod(NODE, 0o700)


def compare(text):
    want = reference(text)
    got = box.run(["python3", box.WORKSPACE + "/labels.py"], text)
    box.same("reference", (want.code, want.err), (0, b""))
    if got.out != want.out:
        pairs = zip(got.out.split(b"\n") + [None], want.out.split(b"\n") + [None])
        line, pair = next((i, p) for i, p in enumerate(pairs, 1) if p[0] != p[1])
        raise AssertionError("line %d: got %r, want %r; input %.120r; %r" % ((line,) + pair + (text, got.err[-200:])))
    box.same("status", got.code, 0)


AMOUNTS = """1 1.005 0.125 -0.125 2.675 1.115 10.235 0.5 -0.5 -0.4 2.5 -2.5 -1.5 0x1F 0X1f -0x1F 0b101 0o17 0b12 1e3 1E-7 .5 5. . +5 -5 +-5 1_000 1,5 Infinityx nan NaN 1e21 1e20 123456789012345680000
-1e21 1e-10 0.000001 0.0000001 -0 -0.001 00012 1e 1e+2 e5 12px ١٢ 1e300 0x 0xG 9007199254740993 0.1 0.7 4.35 1.45 8.345 1e23 5e-324 0.30000000000000004 100 99999999999999990000 1d 0.045 1.255 0e0 --1 1e-7
# inf infinity -nan 0.005 -0.005 0.015 12345678.905 0x1.8 1.e3 .e3""".split()
COUNTS = ["1", "2", "0", "-1", "-3", "12abc", "0x1F", "-0x10", "0x", "1e3", "", "-", "+7", "3.9", "-3.9", "abc", "007", "999999999999999", "1_0", "٣", "0b1", "- 5", "5 5"]


def single_amounts():
    for sign in ("", "x"):
        compare("".join("n%d;%s;%s\n" % (i, amount, "1" if not sign else "3") for i, amount in enumerate(AMOUNTS)))
    for amount in ("1e21", "1e-7", "123456789.125", "5e-324", "-1e-8"):
        compare("a;%s\n" % amount)


def counts():
    compare("".join("c%d;%s;%s\n" % (i, amount, count) for i, count in enumerate(COUNTS) for amount in ("2.5", "0.1")))
    compare("a\nb;\nc;;\nd; ;2\ne;1;;9\n;;\n;\nf;1; \n \ng;1;2;3\r\nh;7\r\n\ni;0.1\nj;0.2")
    compare("\n\n")


def texts():
    compare("".join("%s;1;%d\n" % (name, i % 3) for i, name in enumerate(("ä", "日本語", "\U0001f600" * 3, "\U0001f600" * 9, "a" * 12, "e\u0301", "\ufefftrim\ufeff", "\x1ckeep\x1c", "\x85keep\x85", "\u3000trim\u2028", "tab\t", "\x00nul", "\u180etrim", "\u200bkeep"))))
    compare("".join("%s;bad\n" % name for name in ("b", "a", "B", "ä", "z", "\uffee", "\U0001f600", "a", "10", "9", "", "\ue000x", "\U00010000", "longer than eight", "seven77\U0001f600", "e\u0301", "constructor")))
    compare("".join("x;%s\n" % amount for amount in ("\u20031\u2003", "\x1c1", "\ufeff2", "1\x85", "1 2", "\u00a07", "1\x0b", "\x1f")))


def random_input():
    rng = random.Random(21661)
    for _ in range(2):
        lines = ["%s;%s;%s" % (rng.choice(("tea", "rum", "\U0001f600x", "Ä")), rng.choice(AMOUNTS + ["%.3f" % (rng.randrange(-9999, 99999) / 1000)] * 60 + [repr(rng.uniform(-1e6, 1e6))] * 20 + [repr(rng.uniform(0, 1e-5)), "%d.%d5" % (rng.randrange(99), rng.randrange(100))] * 9), rng.choice(COUNTS + ["2"] * 20)) for _ in range(1500)]
        compare("\n".join(line for line in lines if "1e300" not in line))


box.main([single_amounts, counts, texts, random_input])
