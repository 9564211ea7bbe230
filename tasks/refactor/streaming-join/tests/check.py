# overhang canary 9aa67e9d2a489c7c11543e3f4976e16a
import os
import random
import shutil
import subprocess
import threading
import time

import box

FOLDER = box.scratch()
shutil.copy("/tests/given/join.js", FOLDER + "/reference.js")
box.give(FOLDER)
KINDS = ["view", "click", "constructor", "__proto__", "12", "3", "toString", "é", "Z", "a b", ""]


def files(rng, count, users, span):
    sessions, events = [], []
    for number in range(count):
        start = rng.randrange(span)
        sessions.append((start, "s%d,u%d,%d,%d" % (number, rng.randrange(users), start, start + rng.choice((-1, 0, 0, 5, 40, 200)))))
    for _ in range(count * 2):
        at = rng.randrange(span)
        events.append((at, "%d,u%d,%s,%s" % (at, rng.randrange(users + 1), rng.choice(KINDS), rng.choice(("", "0", "17", "250")))))
    result = []
    for lines in (sessions, events):
        lines = [line for _, line in sorted(lines, key=lambda pair: pair[0])]
        for _ in range(rng.randrange(3)):
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(("", "  ")))
        result.append("\n".join(lines) + rng.choice(("", "\n", "\n\n")))
    return result


def compare(sessions, events, label):
    folder = box.scratch({"s.csv": sessions, "e.csv": events})
    want = box.run(["node", FOLDER + "/reference.js", "s.csv", "e.csv"], cwd=folder)
    got = box.run(["node", box.WORKSPACE + "/join.js", "s.csv", "e.csv"], cwd=folder)
    box.same(label, (got.code, got.out.decode("utf-8", "replace")), (want.code, want.out.decode()))


def small_files():
    rng = random.Random(15013)
    compare("", "", "nothing")
    compare("", "1,u,k,3\n2,u,k,", "no sessions")
    compare("a,u,0,9\nb,u,0,9\nc,v,0,9\n", "0,u,k,1\n0,u,k,2\n9,u,k,3\n9,v,k,4\n10,u,k,5\n", "ends")
    compare("a,u,5,4\nb,u,5,5\nc,u,5,90\nd,u,6,6", "4,u,k,1\n5,u,k,1\n6,u,k,1\n", "empty stretches")
    compare("a,u,-5,-4\nb,u,-4,0", "-9,u,k,1\n-4,u,k,1\n0,u,k,\n", "below zero")
    for number in range(4):
        compare(*files(rng, rng.choice((3, 20, 300)), rng.choice((1, 3, 30)), rng.choice((5, 100, 4000))), "made-up files %d" % number)


def usage():
    for arguments in ([], ["a"], ["a", "b", "c"]):
        got = box.run(["node", box.WORKSPACE + "/join.js"] + arguments)
        box.same("arguments %s" % arguments, (got.code, got.out, got.err), (2, b"", b"usage: node join.js SESSIONS EVENTS\n"))


COUNT = 60000
# Many bytes a character, so that chunks end within one.
SEEN = "表示を見た"


def feed(path, line, fed):
    try:
        with open(path, "wb", buffering=0) as pipe:
            for first in range(0, COUNT, 500):
                pipe.write("".join(line(i) for i in range(first, first + 500)).encode())
                fed[path] = first + 500
    except OSError:
        pass


def settled(fed):
    """How many lines were taken from each pipe, once that does not change any more."""
    for _ in range(10):
        before = dict(fed)
        time.sleep(1.2)
        if fed == before and fed:
            break
    return fed


def stream(label, session, event, line_of, last):
    """Feeds two pipes, and looks at each line that comes out."""
    folder = box.scratch()
    paths = [folder + "/sessions", folder + "/events"]
    for path in paths:
        os.mkfifo(path)
        os.chown(path, box.UID, box.UID)
    process = box.start(["node", "--max-old-space-size=40", box.WORKSPACE + "/join.js", *paths], subprocess.DEVNULL, subprocess.PIPE, subprocess.DEVNULL, cwd=folder)
    fed = {}
    feeders = [threading.Thread(target=feed, args=pair + (fed,), daemon=True) for pair in zip(paths, (session, event))]
    for one in feeders:
        one.start()
    alarm = threading.Timer(30, process.kill)
    try:
        if max(settled(fed).values(), default=0) > COUNT // 2:
            raise AssertionError("%s: reads on while nobody takes the output" % label)
        alarm.start()
        for number in range(COUNT):
            got = process.stdout.readline(1000).decode("utf-8", "replace")
            if got != line_of(number):
                box.same("%s, line %d" % (label, number + 1), got, line_of(number))
        box.same(label + ", last line", process.stdout.read(1000).decode("utf-8", "replace"), last)
        box.same(label + ", status", process.wait(box.PROGRAM_LIMIT), 0)
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        for path in paths:
            # Lets a feeder go that still waits for somebody to read.
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def long_files():
    stream("one event a session", lambda i: "s%d,u%d,%d,%d\n" % (i, i % 7, 3 * i, 3 * i + (2000 if i % 3000 == 0 else 2)), lambda i: "%d,u%d,%s,%d\n" % (3 * i + 1, i % 7, SEEN, i % 10),
           lambda i: ("s%d: %d events, %d bytes, %s=%d\n" % ((i,) + long_one(i)) if i % 3000 == 0 else "s%d: 1 events, %d bytes, %s=1\n" % (i, i % 10, SEEN)), "0 events without a session\n")


def long_one(i):
    own = [k for k in range(i, min(COUNT, i + 667)) if k % 7 == i % 7 and 3 * k + 1 <= 3 * i + 2000]
    return len(own), sum(k % 10 for k in own), SEEN, len(own)


box.main([small_files, usage, long_files])
