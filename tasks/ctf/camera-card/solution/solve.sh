#!/bin/bash
# overhang canary 5b63cc364ef2a5b59c5b0fe54d7c5fe3
set -e
cat > /tmp/recover.py <<'END'
# overhang canary 5b63cc364ef2a5b59c5b0fe54d7c5fe3
import gzip
import itertools
import re
import struct
import zlib

SIZE = 256
image = open("/workspace/card.img", "rb").read()
count, directory, directory_blocks = struct.unpack_from("<HHH", image, 8)
chain = struct.unpack_from("<%dH" % count, image, SIZE)
block = [image[i * SIZE:(i + 1) * SIZE] for i in range(count)]
free = [i for i in range(count) if chain[i] == 0 and len(set(block[i])) > 1]

for at in range(directory * SIZE, (directory + directory_blocks) * SIZE, 32):
    name, first, length, crc, time, flags = struct.unpack_from("<14sHIIIB", image, at)
    if not flags & 0x80:
        continue
    need = -(-length // SIZE)
    for start in [i for i in free if block[i][:2] == b"\x1f\x8b"]:
        for rest in itertools.permutations([i for i in free if i != start], need - 1):
            data = b"".join(block[i] for i in (start,) + rest)[:length]
            if zlib.crc32(data) == crc:
                text = gzip.decompress(data)
                found = re.search(rb"flag\{[^}]*\}", text)
                if found:
                    open("/workspace/flag.txt", "wb").write(found.group() + b"\n")
END
python3 /tmp/recover.py
cat flag.txt
