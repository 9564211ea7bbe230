# overhang canary a2bf7852c49b333a5b9abf5e888872f9
import bisect
import os
import random
import shutil
import subprocess
import threading

import box

FOLDER = box.scratch()

# Blocks and answers go through pipes, so that what is counted is counted by the checker.
DEVICE = r"""
#include "archive.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int read_block(unsigned long number, unsigned char *block)
{
    printf("read %lu\n", number);
    fflush(stdout);
    int status = getchar();
    if (status != '+')
        return -1;
    return fread(block, 1, BLOCK, stdin) == BLOCK ? 0 : -1;
}

int main(void)
{
    unsigned long blocks, room;
    char key[300];
    while (scanf("%lu %lu %299[^\n]", &blocks, &room, key) == 3) {
        getchar();
        char *out = malloc(room ? room : 1);
        long count = lookup(blocks, key, out, room);
        size_t size = 0;
        for (long lines = count > 0 ? count : 0; lines > 0; size++)
            lines -= out[size] == '\n';
        printf("found %ld %zu\n", count, size);
        fwrite(out, 1, size, stdout);
        fflush(stdout);
        free(out);
    }
    return 0;
}
"""


def pack(records):
    """Blocks of whole records; first a count, then length-prefixed key and value each."""
    blocks, current, count = [], b"", 0
    for key, value in records:
        piece = bytes([len(key)]) + key + bytes([len(value)]) + value
        if len(current) + len(piece) > 510:
            blocks.append(count.to_bytes(2, "big") + current.ljust(510, b"\xff"))
            current, count = b"", 0
        current += piece
        count += 1
    if count:
        blocks.append(count.to_bytes(2, "big") + current.ljust(510, b"\xff"))
    return blocks


class Archive:
    def __init__(self, records):
        self.records = sorted(records, key=lambda record: record[0])
        self.blocks = pack(self.records)
        self.where = {}
        place = 0
        for number, block in enumerate(self.blocks):
            for key, _ in self.records[place:place + int.from_bytes(block[:2], "big")]:
                self.where.setdefault(key, set()).add(number)
            place += int.from_bytes(block[:2], "big")
        self.values = {}
        for key, value in self.records:
            self.values.setdefault(key, []).append(value)


class Large:
    """A hundred thousand blocks that are made when they are read: key k%07d, three records a block."""

    def __init__(self, count):
        self.blocks = self
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        return pack([(b"k%07d" % (3 * number + i), b"v%d" % (3 * number + i)) for i in range(3)])[0]


def builds():
    shutil.copy(box.WORKSPACE + "/lookup.c", FOLDER + "/lookup.c")
    shutil.copy("/tests/given/archive.h", FOLDER + "/archive.h")
    with open(FOLDER + "/device.c", "w", encoding="utf-8") as out:
        out.write(DEVICE)
    box.give(FOLDER)
    got = box.run("gcc -std=c11 -O1 -g -fsanitize=address,undefined -o program lookup.c device.c".split(), cwd=FOLDER, timeout=box.BUILD_LIMIT)
    if got.code != 0:
        raise AssertionError(got.err.decode("utf-8", "replace")[:500])


def ask(blocks, questions):
    """Each question: key, room, values (None if they must not fit), blocks touched."""
    ask_in_turn([(blocks, question) for question in questions])


def ask_in_turn(pairs):
    """All of it of one process; each pair: the blocks of an archive, and a question about it."""
    errors = open(FOLDER + "/errors", "w+b")
    process = box.start([FOLDER + "/program"], subprocess.PIPE, subprocess.PIPE, errors, cwd=FOLDER)
    alarm = threading.Timer(box.PROGRAM_LIMIT, process.kill)
    alarm.start()
    try:
        for blocks, (key, room, values, touched) in pairs:
            label = "%r of %d blocks, room %d" % (key, len(blocks), room)
            process.stdin.write(b"%d %d %s\n" % (len(blocks), room, key))
            process.stdin.flush()
            allowed, reads = len(blocks).bit_length() + touched + 4, 0
            while True:
                words = process.stdout.readline(100).split()
                if words[:1] != [b"read"]:
                    break
                reads += 1
                number = int(words[1])
                if reads > allowed:
                    raise AssertionError("%s: more than %d reads" % (label, allowed))
                process.stdin.write(b"+" + blocks[number] if 0 <= number < len(blocks) else b"-")
                process.stdin.flush()
            if words[:1] != [b"found"]:
                errors.seek(0)
                raise AssertionError("%s: the program ended: %r" % (label, errors.read()[:300]))
            text = process.stdout.read(int(words[2]))
            want = (-1, b"") if values is None else (len(values), b"".join(value + b"\n" for value in values))
            box.same(label, (int(words[1]), text), want)
        process.stdin.close()
        box.same("status and reports", (process.wait(box.PROGRAM_LIMIT), os.path.getsize(FOLDER + "/errors")), (0, 0))
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def questions(archive, keys):
    for key in keys:
        values = archive.values.get(key, [])
        size = sum(len(value) + 1 for value in values)
        touched = len(archive.where.get(key, ()))
        yield key, size + 100, values, touched
        yield key, size, values, touched
        if size:
            yield key, size - 1, None, touched


def small_archives():
    rng = random.Random(91801)
    ask([], [(b"a", 10, [], 0)])
    for _ in range(12):
        keys = [b"%c%s" % (rng.choice(b"abcdef\x80\xe4\xff"), b"x" * rng.choice((0, 1, 90))) for _ in range(rng.choice((1, 5, 60)))]
        archive = Archive([(rng.choice(keys), b"%d" % rng.randrange(10**6) + b"." * rng.choice((0, 0, 100, 240))) for _ in range(rng.choice((1, 9, 200)))])
        ask(archive.blocks, list(questions(archive, sorted(set(keys)) + [b"A", b"zz", b"b", b"\xc3\xa4"])))


def many_records_of_one_key():
    for before, count, after in ((0, 300, 0), (200, 300, 1), (1, 300, 500), (77, 12, 77), (1000, 2, 1000)):
        records = [(b"a%04d" % i, b"x") for i in range(before)] + [(b"m", b"%d" % i + b"y" * 60) for i in range(count)] + [(b"z%04d" % i, b"x" * 9) for i in range(after)]
        archive = Archive(records)
        ask(archive.blocks, list(questions(archive, [b"m", b"a0000", b"l", b"n", b"z0000", b"z0499", b"a0199", b"ma", b"\x7f"])))


def archives_are_exchanged():
    rng = random.Random(91802)
    pairs = []
    for count in (40, 40, 41, 700, 3, 700):
        keys = [b"k%03d" % rng.randrange(400) for _ in range(count)]
        archive = Archive([(rng.choice(keys), b"%d" % rng.randrange(10**6) + b"." * 70) for _ in range(count * 2)])
        pairs += [(archive.blocks, question) for question in questions(archive, rng.sample(sorted(set(keys)), min(3, len(set(keys)))) + [b"k", b"z"])]
    ask_in_turn(pairs)
    rng.shuffle(pairs)
    ask_in_turn(pairs)


def large_archives():
    for count in (1000, 65535, 65536, 100000):
        rng = random.Random(count)
        large = Large(count)
        wanted = [0, 1, 2, 3, 3 * count - 1, 3 * count - 3] + [rng.randrange(3 * count) for _ in range(30)]
        listed = [(b"k%07d" % n, 100, [b"v%d" % n], 1) for n in wanted]
        listed += [(b"k%07d+" % rng.randrange(3 * count), 100, [], 0) for _ in range(10)] + [(b"a", 9, [], 0), (b"z", 9, [], 0)]
        ask(large, listed)


box.main([builds, small_archives, many_records_of_one_key, archives_are_exchanged, large_archives])
