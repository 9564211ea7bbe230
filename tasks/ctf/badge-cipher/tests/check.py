# overhang canary d51ad3fb76cdef7468cde356d10fee0d
import random

import box

MASK = (1 << 48) - 1


def keystream(state, count):
    out = []
    for _ in range(count):
        byte = 0
        for _ in range(8):
            for _ in range(3):
                new = (state ^ state >> 5 ^ state >> 17 ^ state >> 31) & 1
                state = state >> 1 | new << 47
            byte = byte << 1 | ((state >> 3 ^ state >> 20) & 1)
        out.append(byte)
    return out


def encrypt(key, number, text):
    start = (key ^ (number * 0x9E3779B97F4A & MASK)) & MASK
    start = (start + (number << 7)) & MASK
    return bytes(a ^ b for a, b in zip(text.encode(), keystream(start, len(text)))).hex()


WORDS = "The reader at gate seven lost its clock again; badge 4711 opened door 12 twice. Coffee? READER/1 done!".split()


def capture(rng, numbers):
    key = rng.getrandbits(48)
    texts = {number: " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 12))) for number in numbers}
    texts[1] = "READER/1 " + rng.choice(("", texts[1]))
    lines = ["%d %s" % (number, encrypt(key, number, text)) for number, text in texts.items()]
    rng.shuffle(lines)
    lines.insert(len(lines) // 2, "# a note\n")
    return "\n".join(lines) + "\n", "".join("%d %s\n" % pair for pair in sorted(texts.items()))


def compare(rng, numbers, label):
    given, want = capture(rng, numbers)
    got = box.run([box.WORKSPACE + "/crack"], given)
    box.same(label, (got.code, got.out.decode("utf-8", "replace")), (0, want))


def one_message():
    rng = random.Random(48611)
    for _ in range(3):
        compare(rng, [1], "one message")


def some_messages():
    rng = random.Random(48612)
    for _ in range(4):
        compare(rng, [1, 2, 3, 5, 8, 2**31, 2**31 - 1, rng.randrange(10**6)], "some messages")


def many_messages():
    compare(random.Random(48613), list(range(1, 301)), "300 messages")


box.main([one_message, some_messages, many_messages])
