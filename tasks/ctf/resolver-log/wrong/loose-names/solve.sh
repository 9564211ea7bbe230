#!/bin/bash
# overhang canary 5477badcac6ec08f59e0fe1d66bb3f72
# Searches for the pattern anywhere in a name.
set -e
cat > recover <<"END"
#!/usr/bin/env python3
# overhang canary 5477badcac6ec08f59e0fe1d66bb3f72
import os
import re
import sys
import zlib

ALPHABET = "k7qzx3w9vhj2m5rtpny4b8dgf6csl0ae"
CHUNK = re.compile("([%s]+)\\.([0-9a-f]+)-([0-9a-f]{4})\\.cdn\\.parcel-status\\.example" % ALPHABET)
END = re.compile("([0-9a-f]{8})\\.([0-9a-f]+)-([0-9a-f]{4})\\.end\\.parcel-status\\.example")


def decoded(label):
    bits = "".join(format(ALPHABET.index(c), "05b") for c in label)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8))


def payload(ident, chunks, end):
    """What was sent, or None if it is not whole."""
    if end is None or sorted(chunks) != list(range(end[1])):
        return None
    state, plain = (ident * 2654435761 + 12345) & 0xFFFFFFFF, bytearray()
    for number in range(end[1]):
        for byte in decoded(chunks[number]):
            state = (state * 1103515245 + 12345) & 0xFFFFFFFF
            plain.append(byte ^ (state >> 16 & 0xFF))
    return bytes(plain) if zlib.crc32(plain) == end[0] else None


def main():
    chunks, ends = {}, {}
    for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
        name = line.split()[-1].lower()
        if found := CHUNK.search(name):
            chunks.setdefault(int(found[3], 16), {})[int(found[2], 16)] = found[1]
        elif found := END.fullmatch(name):
            ends[int(found[3], 16)] = (int(found[1], 16), int(found[2], 16))
    for ident in sorted(chunks.keys() | ends.keys()):
        whole = payload(ident, chunks.get(ident, {}), ends.get(ident))
        if whole is None:
            print("%04x incomplete" % ident)
            continue
        name = whole[1:1 + whole[0]].decode()
        print("%04x complete %s" % (ident, name))
        with open(os.path.join(sys.argv[2], name), "wb") as out:
            out.write(whole[1 + whole[0]:])


main()
END
chmod +x recover
