#!/usr/bin/env python3
# overhang canary a3c772f7ce10a179d5931455f555a780
"""machine.py ROM: runs a program of the VM-3, a processor that never was."""
import sys

MEMORY = 512
LIMIT = 200000


def run(rom, line):
    """True if the program halts in a good mood."""
    memory = bytearray(rom.ljust(MEMORY, b"\0"))
    register = [0] * 8
    feed = iter(line)
    at = steps = 0
    while steps < LIMIT:
        steps += 1
        op, a, b = memory[at], memory[at + 1], memory[at + 2]
        at += 3
        x, y = a & 7, b & 7
        page = (a >> 3 & 1) << 8
        if op == 0x11:
            register[x] = b
        elif op == 0x2e:
            register[x] = register[y]
        elif op == 0x35:
            register[x] = register[x] + register[y] & 255
        elif op == 0x36:
            register[x] = register[x] - register[y] & 255
        elif op == 0x4a:
            register[x] ^= register[y]
        elif op == 0x4b:
            register[x] |= register[y]
        elif op == 0x57:
            register[x] = register[x] * register[y] & 255
        elif op == 0x60:
            register[x] = (register[x] << y | register[x] >> 8 - y) & 255
        elif op == 0x7c:
            register[x] = memory[page + register[y]]
        elif op == 0x7d:
            memory[page + register[y]] = register[x]
        elif op == 0x88:
            register[x] = next(feed, 0)
        elif op == 0x93:
            at = b + page if register[x] == 0 else at
        elif op == 0x94:
            at = b + page if register[x] != 0 else at
        elif op == 0x9f:
            at = b + page
        elif op == 0xee:
            return register[x] == 0x5a
        else:
            return False
    return False


def main():
    with open(sys.argv[1], "rb") as source:
        rom = source.read()
    line = sys.stdin.buffer.readline().rstrip(b"\n")
    print("OPEN" if run(rom, line) else "SHUT")


if __name__ == "__main__":
    main()
