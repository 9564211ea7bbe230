# overhang canary aad116aec711caddbd83f4595821c652
import glob
import os
import random

import box

BUILT = box.WORKSPACE + "/lastlines"
SANITIZED = os.path.join(box.scratch(), "lastlines-sanitized")


def model(data, wanted, numbered):
    lines = data.split(b"\n")
    lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    first = max(0, len(lines) - wanted)
    return b"".join((b"%6d\t" % (i + 1) if numbered else b"") + lines[i] for i in range(first, len(lines)))


def cases():
    rng = random.Random(20611)
    yield b"", 3
    yield b"\n", 1
    yield b"only", 1
    yield b"a\nb\nc\n", 0
    yield b"a\nb\nc\n", 3
    yield b"a\nb\nc\n", 2
    yield b"a\nb\nc", 2
    yield b"\n\n\n\n", 3
    yield b"x" * 255 + b"\n" + b"y" * 256 + b"\n" + b"z" * 70000 + b"\ntail", 3
    yield b"%s %d %n\n" * 12, 5
    yield b"one\ntwo\n", 1000000
    for _ in range(12):
        count = rng.randrange(1, 400)
        data = b"".join(bytes(rng.randrange(1, 256) for _ in range(rng.choice((0, 3, 40, 600)))).replace(b"\n", b"")
                        + b"\n" for _ in range(count))
        yield data + rng.choice((b"", b"end")), rng.randrange(0, count + 20)
    yield b"".join(b"line %d\n" % i for i in range(12000)), 7


def compare(program):
    for data, wanted in cases():
        for numbered in (False, True):
            argv = [program] + ["-n"] * numbered + [str(wanted)]
            got = box.run(argv, data)
            label = "%s on %d bytes" % (" ".join(argv[1:]), len(data))
            box.same(label + ", errors", got.err[:2000], b"")
            box.same(label + ", status", got.code, 0)
            box.same(label, got.out, model(data, wanted, numbered))


def builds():
    for old in glob.glob(box.WORKSPACE + "/*.o") + [BUILT]:
        if os.path.lexists(old):
            os.remove(old)
    made = box.run(["make"], timeout=box.BUILD_LIMIT)
    box.same("make", (made.code, made.err[:500] if made.code else b""), (0, b""))


def output_matches():
    compare(BUILT)


def arguments_are_checked():
    bad = ([], ["x"], [""], ["-1"], ["+1"], ["3x"], [" 3"], ["1000001"], ["99999999999999999999"], ["4294967297"],
           ["3", "4"], ["-n"], ["-n", "a"], ["-n", "1", "2"], ["0x10"])
    for arguments in bad:
        got = box.run([BUILT] + arguments, b"some\nlines\n")
        box.same("%s status and output" % arguments, (got.code, got.out), (2, b""))
        if not got.err:
            raise AssertionError("%s: no message" % arguments)


def sanitizers_are_silent():
    sources = sorted(glob.glob(box.WORKSPACE + "/*.c"))
    made = box.run(["gcc", "-g", "-fsanitize=address,undefined", "-o", SANITIZED] + sources, timeout=box.BUILD_LIMIT)
    box.same("sanitized build", made.code, 0)
    compare(SANITIZED)


def memory_is_bounded():
    line = b"a line of some forty characters in length\n"
    total = 300000000
    feed = "ulimit -v 60000; yes '%s' | head -c %d | ./lastlines 3" % (line.decode().strip(), total)
    got = box.run(["bash", "-c", feed])
    box.same("long stream", got.out, line * 2 + line[:total % len(line)])


box.main([builds, output_matches, arguments_are_checked, sanitizers_are_silent, memory_is_bounded])
