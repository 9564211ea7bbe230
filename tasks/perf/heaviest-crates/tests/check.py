# overhang canary ff15700f59d97fc27548e5e54e7d73ae
import random
import subprocess
import threading

import box


def height(n):
    return (n - 1).bit_length()


def converse(weights, k):
    n = len(weights)
    allowed = n + (k - 1) * height(n)
    order = sorted(range(n), key=lambda i: (-weights[i], i))[:k]
    want = ("heaviest " + " ".join(str(i + 1) for i in order)).encode()
    process = box.start([box.WORKSPACE + "/pick"], subprocess.PIPE, subprocess.PIPE, subprocess.DEVNULL)
    alarm = threading.Timer(box.PROGRAM_LIMIT, process.kill)
    alarm.start()
    label = "%d of %d crates" % (k, n)
    try:
        process.stdin.write(b"%d %d\n" % (n, k))
        process.stdin.flush()
        weighings = 0
        while True:
            line = process.stdout.readline(100000)
            words = line.split()
            if words[:1] == [b"weigh"]:
                a, b = (int(word) - 1 for word in words[1:])
                if a == b or not (0 <= a < n and 0 <= b < n):
                    raise AssertionError("%s: %r" % (label, line))
                weighings += 1
                if weighings > allowed:
                    raise AssertionError("%s: more than %d weighings" % (label, allowed))
                answer = b"<\n" if weights[a] < weights[b] else b">\n" if weights[a] > weights[b] else b"=\n"
                process.stdin.write(answer)
                process.stdin.flush()
            else:
                box.same(label, line.rstrip(b"\n"), want)
                box.same(label + ", afterwards", process.stdout.read(100), b"")
                box.same(label + ", status", process.wait(box.PROGRAM_LIMIT), 0)
                return
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def arrangements(n, rng):
    yield list(range(n))
    yield list(range(n, 0, -1))
    yield [7] * n
    yield [rng.randrange(n) for _ in range(n)]
    yield [rng.randrange(3) for _ in range(n)]
    yield [(i * 7919) % n for i in range(n)]


def small_yards():
    rng = random.Random(5501)
    for n in (1, 2, 3, 5, 8, 9):
        for k in sorted({1, n // 2, n}):
            if 1 <= k <= n:
                for weights in list(arrangements(n, rng))[1::2]:
                    converse(weights, k)


def middling_yards():
    rng = random.Random(5502)
    for n, k in ((129, 1), (255, 40)):
        for weights in arrangements(n, rng):
            converse(weights, k)


def a_large_yard():
    rng = random.Random(5503)
    weights = list(range(5000))
    rng.shuffle(weights)
    converse(weights, 60)
    converse([weight // 4 for weight in weights], 400)


box.main([small_yards, middling_yards, a_large_yard])
