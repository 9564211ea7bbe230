# overhang canary e93db4aae7cd7667a76c269a8dfbca25
import collections
import glob
import os
import random

import box

BUILT = box.WORKSPACE + "/shelf"
SANITIZED = os.path.join(box.scratch(), "shelf-sanitized")


def model(limit, commands):
    held = collections.OrderedDict()  # least recently used first
    count = dict(bytes=0, hits=0, misses=0, evicted=0)
    out = []

    def drop(key):
        count["bytes"] -= len(key) + len(held.pop(key))

    def shrink():
        evicted = 0
        while count["bytes"] > limit:
            drop(next(iter(held)))
            evicted += 1
        count["evicted"] += evicted
        return "ok %d" % evicted

    for command in commands:
        name, *rest = command.split(" ")
        shape = (name, len(rest))
        if shape == ("put", 2):
            key, value = rest
            if key in held:
                drop(key)
            if len(key) + len(value) > limit:
                out.append("too big")
            else:
                held[key] = value
                count["bytes"] += len(key) + len(value)
                out.append(shrink())
        elif shape in (("get", 1), ("peek", 1)):
            value = held.get(rest[0])
            if name == "get":
                count["misses" if value is None else "hits"] += 1
                if value is not None:
                    held.move_to_end(rest[0])
            out.append("none" if value is None else "= " + value)
        elif shape == ("del", 1):
            gone = [key for key in held if key.startswith(rest[0])]
            for key in gone:
                drop(key)
            out.append("ok %d" % len(gone))
        elif shape == ("limit", 1) and rest[0].isdigit() and len(rest[0]) <= 18:
            limit = int(rest[0])
            out.append(shrink())
        elif shape == ("list", 0):
            out += ["%s %s" % (key, held[key]) for key in reversed(held)] + ["."]
        elif shape == ("stat", 0):
            out.append("entries %d bytes %d hits %d misses %d evicted %d"
                       % (len(held), count["bytes"], count["hits"], count["misses"], count["evicted"]))
        else:
            out.append("?")
    return "".join(line + "\n" for line in out)


def stream(rng, length):
    keys = [p + str(i) for p in ("a", "ab", "b", "user:") for i in range(9)] + ["a-key-too-long-for-small-strings-%d" % i
                                                                               for i in range(4)]
    for _ in range(length):
        kind = rng.random()
        key = rng.choice(keys)
        if kind < 0.45:
            yield "put %s %s" % (key, "v" * rng.choice((1, 2, 5, 9, 30, 70)) + str(rng.randrange(10)))
        elif kind < 0.65:
            yield "get " + key
        elif kind < 0.72:
            yield "peek " + key
        elif kind < 0.76:
            yield "del " + rng.choice(("a", "ab", "b", "b3", "user:", "user:1", "zz", "key"))
        elif kind < 0.79:
            yield "limit %d" % rng.choice((0, 10, 60, 100, 250, 600, 5000000000))
        elif kind < 0.86:
            yield "list"
        elif kind < 0.96:
            yield "stat"
        else:
            yield rng.choice(("put x", "get", "list all", "stat 1", "limit", "limit -1", "limit 5x", "limit +5", "del", "Get a",
                              "put a b c", "limit 1234567890123456789", "peek a b", "limit 0x10", "evict"))


def compare(program, rounds, length):
    rng = random.Random(5150)
    fixed = [
        (10, ["put abcd 123456", "stat", "put e f", "list", "stat"]),
        (10, ["put a 1", "put a 22", "put a 3", "stat", "list", "del a", "stat"]),
        (12, ["put a 11111", "put b 22222", "get a", "put c 33333", "list", "peek b", "peek a", "put d 44444", "list"]),
        (20, ["put k short", "put k " + "x" * 20, "get k", "stat"]),
        (20, ["put k 1", "limit 0", "stat", "put k 1", "limit 2", "put k 1", "list"]),
        (0, ["put a b", "list", "stat"]),
        (3000000000, ["put a b", "limit 4294967297", "put c d", "list", "stat"]),
    ]
    for limit, commands in fixed + [(rng.choice((50, 120, 400)), list(stream(rng, length))) for _ in range(rounds)]:
        got = box.run([program, str(limit)], "".join(c + "\n" for c in commands))
        want = model(limit, commands)
        box.same("errors", got.err[:1500], b"")
        box.same("status", got.code, 0)
        lines, wanted = got.out.decode().splitlines(), want.splitlines()
        for number, (one, other) in enumerate(zip(lines, wanted)):
            box.same("line %d of the answers (limit %d)" % (number + 1, limit), one, other)
        box.same("answers (limit %d)" % limit, got.out.decode()[-200:], want[-200:])


def builds():
    for old in glob.glob(box.WORKSPACE + "/*.o") + [BUILT]:
        if os.path.lexists(old):
            os.remove(old)
    box.same("make", box.run(["make"], timeout=box.BUILD_LIMIT).code, 0)


def answers_match():
    compare(BUILT, 8, 400)


def sanitizers_are_silent():
    made = box.run(["g++", "-std=c++17", "-fsanitize=address,undefined", "-D_GLIBCXX_ASSERTIONS", "-o", SANITIZED]
                   + sorted(glob.glob(box.WORKSPACE + "/*.cpp")), timeout=box.BUILD_LIMIT)
    box.same("sanitized build", made.code, 0)
    compare(SANITIZED, 5, 300)


def stays_fast():
    rng = random.Random(3)
    commands = ["put key%06d value" % i for i in range(100000)]
    commands += [("get key%06d" if rng.random() < 0.7 else "put key%06d other") % rng.randrange(120000) for _ in range(100000)]
    commands.append("stat")
    got = box.run([BUILT, "1400000"], "".join(c + "\n" for c in commands))
    box.same("long stream", (got.code, got.out.decode()[-400:]), (0, model(1400000, commands)[-400:]))


# The sanitized build comes last: after a program that hangs there would be too little time left for it.
box.main([builds, answers_match, stays_fast, sanitizers_are_silent])
