#!/bin/bash
# overhang canary d51ad3fb76cdef7468cde356d10fee0d
# Prints the messages in the order of the capture.
set -e
cat > crack <<"END"
#!/usr/bin/env python3
# overhang canary d51ad3fb76cdef7468cde356d10fee0d
# Every bit of the keystream is a sum (mod 2) of bits of the state, so the known header gives linear equations.
import sys

MASK = (1 << 48) - 1
HEADER = b"READER/1 "


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
    return bytes(out)


def start_of(known):
    """The state that gives the known keystream."""
    state = [1 << i for i in range(48)]
    rows = []
    for byte in known:
        for bit in range(7, -1, -1):
            for _ in range(3):
                state = state[1:] + [state[0] ^ state[5] ^ state[17] ^ state[31]]
            rows.append((state[3] ^ state[20]) | (byte >> bit & 1) << 48)
    pivots = {}
    for row in rows:
        for pivot, other in pivots.items():
            if row >> pivot & 1:
                row ^= other
        if row & MASK:
            pivot = (row & MASK).bit_length() - 1
            for place in pivots:
                if pivots[place] >> pivot & 1:
                    pivots[place] ^= row
            pivots[pivot] = row
    assert len(pivots) == 48
    return sum((row >> 48 & 1) << pivot for pivot, row in pivots.items())


def main():
    messages = {}
    for line in sys.stdin:
        if line.strip() and not line.startswith("#"):
            number, content = line.split()
            messages[int(number)] = bytes.fromhex(content)
    known = bytes(a ^ b for a, b in zip(messages[1], HEADER))
    key = ((start_of(known) - (1 << 7)) & MASK) ^ 0x9E3779B97F4A
    for number, content in messages.items():
        start = (key ^ (number * 0x9E3779B97F4A & MASK)) & MASK
        start = (start + (number << 7)) & MASK
        print(number, bytes(a ^ b for a, b in zip(content, keystream(start, len(content)))).decode("ascii", "replace"))


main()
END
chmod +x crack
