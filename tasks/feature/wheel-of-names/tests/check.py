# overhang canary 246e581f4f0fbddc6b66d9fb2b926c54
import hashlib
import random

import box

DRAW = box.WORKSPACE + "/draw.py"


def draw(text, *arguments, before=True):
    folder = box.scratch({"names": text})
    parts = [*arguments, "names"] if before else ["names", *arguments]
    return box.run(["python3", DRAW, *parts], cwd=folder)


def model(names, seed, count):
    names, won = dict(names), []
    for number in range(1, count + 1):
        left = sum(names.values())
        ticket = int.from_bytes(hashlib.sha256(("%s/%d" % (seed, number)).encode()).digest(), "big") % left
        for name, tickets in names.items():
            if ticket < tickets:
                break
            ticket -= tickets
        won.append(name)
        del names[name]
    return won


def wants(label, text, arguments, lines, before=True):
    got = draw(text, *arguments, before=before)
    box.same("%s %s" % (label, arguments), (got.code, got.out.decode(), got.err[-200:]), (0, "".join(line + "\n" for line in lines), b""))


LIST = "# team\nAnn\nBo * 3\n\nCy Lee * 2\n  Ann  \nD*E\nZoë\nNull * 0\nF * G * 4\n#Ann\nBo\n #H  *  0\n"
NAMES = {"Ann": 2, "Bo": 4, "Cy Lee": 2, "D*E": 1, "Zoë": 1, "Null": 0, "F * G": 4, "#H": 0}


def seeded_draws():
    for seed in ("", "ü b", "-"):
        for count in (1, 3, 6):
            wants("draw", LIST, ("--seed", seed, "--count", str(count)), model(NAMES, seed, count), before=count != 3)
        wants("one", LIST, ("--seed", seed), model(NAMES, seed, 1))
    some = {name: tickets for name, tickets in NAMES.items() if name not in ("Bo", "F * G")}
    for seed in "abc":
        wants("without", LIST, ("--not", "Bo", "--seed", seed, "--not", "F * G", "--count", "4"), model(some, seed, 4))
        wants("without Null", LIST, ("--not", "Null", "--not", "Bo", "--not", "Bo", "--seed", seed), model({n: t for n, t in NAMES.items() if n != "Bo"}, seed, 1))
    wants("without #H", LIST, ("--not", "#H", "--seed", "h", "--count", "6"), model(NAMES, "h", 6))
    rng = random.Random(70301)
    many = {"n%d" % i: rng.randrange(0, 1001) for i in range(300)}
    wants("many", "".join("%s * %d\n" % pair for pair in many.items()), ("--seed", "s", "--count", "100"), model(many, "s", 100))


def odds():
    wants("odds", LIST, ("--odds",), ["Ann: 14.3 %", "Bo: 28.6 %", "Cy Lee: 14.3 %", "D*E: 7.1 %", "Zoë: 7.1 %", "F * G: 28.6 %"])
    wants("odds", LIST, ("--odds", "--not", "Bo"), ["Ann: 20.0 %", "Cy Lee: 20.0 %", "D*E: 10.0 %", "Zoë: 10.0 %", "F * G: 40.0 %"])
    wants("odds", "a\nb * 999\nc * 1000\n", ("--odds",), ["a: 0.1 %", "b: 50.0 %", "c: 50.0 %"])
    wants("odds", "a * 5\nb * 75\n", ("--odds",), ["a: 6.3 %", "b: 93.8 %"])
    wants("odds", "a\nb * 799\n", ("--odds", "--seed", "x"), ["a: 0.1 %", "b: 99.9 %"])
    wants("odds", "a\nb * 399\n", ("--odds",), ["a: 0.3 %", "b: 99.8 %"])


def random_draws():
    # Chance decides here, but that a right program fails is less likely than one in a thousand million.
    names = ["n%d" % i for i in range(40)]
    orders = []
    for _ in range(3):
        got = draw("".join(name + "\n" for name in names) + "c * 0\n# d\n", "--count", "40")
        box.same("status", got.code, 0)
        orders.append(got.out.decode().splitlines())
        box.same("names drawn", sorted(orders[-1]), sorted(names))
    box.same("all draws in one order", orders[0] == orders[1] or orders[1] == orders[2] or orders[0] == names, False)
    some = "".join("few%d\nmany%d * 1000\n" % (i, i) for i in range(30)) + "".join("more%d\n" % i for i in range(70))
    got = draw(some, "--count", "15")
    box.same("most of 15 draws are of names with many tickets", got.out.count(b"many") >= 10, True)
    box.same("plain", draw("only\n").out, b"only\n")


def errors():
    for text, arguments in (("", ()), ("# a\n", ()), ("a * 0\n", ()), ("a * x\n", ()), ("a * -1\n", ()), ("a * 1001\n", ()), ("a * 1.5\n", ()), ("a *  \nb\n", ("--not", "c")), ("a * +1\n", ()), ("a * 1 * b\n", ()), ("a * 1_0\n", ()), ("a * ٣\n", ()),
                            ("a\n", ("--not", "b")), ("a\n", ("--not", "a")), ("a\nb\n", ("--count", "3")), ("a\nb\n", ("--count", "0")), ("a\nb\n", ("--count", "x")), ("a\nb * 0\n", ("--count", "2")), ("a\nb\n", ("--not", "a", "--count", "2")),
                            ("a\n", ("--odds", "--count", "1")), ("a\n", ("--frob",)), ("a\n", ("x",)), ("a * 0\n", ("--odds",)), (b"\xff\n", ())):
        got = draw(text, *arguments)
        box.same("%r %s" % (text, arguments), (got.code, got.out, bool(got.err)), (2, b"", True))
    for arguments in ((), ("/nonexistent",), ("/tmp",)):
        got = box.run(["python3", DRAW, *arguments])
        box.same("%s" % (arguments,), (got.code, got.out, bool(got.err), b"Traceback" in got.err), (2, b"", True, False))


box.main([seeded_draws, odds, random_draws, errors])
