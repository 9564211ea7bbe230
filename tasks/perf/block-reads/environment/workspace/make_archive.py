# overhang canary a2bf7852c49b333a5b9abf5e888872f9
"""Makes an archive: python3 make_archive.py OUT [SEED]"""
import random
import sys

rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
records = sorted((b"key%05d" % rng.randrange(3000), b"value %d" % rng.randrange(10**6)) for _ in range(9000))
with open(sys.argv[1], "wb") as out:
    block, count = b"", 0
    for key, value in records + [(b"", b"")]:
        piece = bytes([len(key)]) + key + bytes([len(value)]) + value
        if len(block) + len(piece) > 510 or not key:
            out.write(count.to_bytes(2, "big") + block.ljust(510, b"\0"))
            block, count = b"", 0
        block, count = block + piece, count + 1
