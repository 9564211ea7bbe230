#!/bin/bash
# overhang canary 246e581f4f0fbddc6b66d9fb2b926c54
# Without a seed every name is as likely as any other.
set -e
cat > draw.py <<"END"
# overhang canary 246e581f4f0fbddc6b66d9fb2b926c54
"""Draws who brings the cake: python3 draw.py FILE"""
import argparse
import hashlib
import re
import secrets
import sys


def fail(text):
    print("draw: " + text, file=sys.stderr)
    sys.exit(2)


def read(path):
    names = {}
    try:
        with open(path, encoding="utf-8") as source:
            lines = source.read().split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        fail(str(problem))
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        line = line.strip()
        name, star, weight = line.rpartition(" * ")
        if not star:
            name, weight = line, "1"
        if not re.fullmatch("[0-9]{1,9}", weight.strip()) or int(weight) > 1000:
            fail("bad weight: " + line)
        names[name.strip()] = names.get(name.strip(), 0) + int(weight)
    return names


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("file")
    parser.add_argument("--not", dest="without", action="append", default=[])
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed")
    parser.add_argument("--odds", action="store_true")
    options = parser.parse_args()
    names = read(options.file)
    for name in options.without:
        if name not in names:
            fail("no such name: " + name)
    names = {name: tickets for name, tickets in names.items() if tickets and name not in options.without}
    if not names:
        fail("no tickets")
    if options.odds:
        if options.count is not None:
            fail("--odds draws nothing")
        total = sum(names.values())
        for name, tickets in names.items():
            tenths = (2000 * tickets + total) // (2 * total)
            print("%s: %d.%d %%" % (name, tenths // 10, tenths % 10))
        return
    count = 1 if options.count is None else options.count
    if not 1 <= count <= len(names):
        fail("--count must be from 1 to %d" % len(names))
    for number in range(1, count + 1):
        total = sum(names.values())
        if options.seed is None:
            chosen = secrets.choice(list(names))
            print(chosen)
            del names[chosen]
            continue
        else:
            ticket = int.from_bytes(hashlib.sha256(("%s/%d" % (options.seed, number)).encode()).digest(), "big") % total
        for name, tickets in names.items():
            if ticket < tickets:
                break
            ticket -= tickets
        print(name)
        del names[name]


main()
END
