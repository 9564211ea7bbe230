#!/bin/bash
# overhang canary 5b63cc364ef2a5b59c5b0fe54d7c5fe3
# Unpacks each first block that bears gzip's mark with the blocks that follow it on the card.
python3 - <<'END'
import re, zlib
image = open("card.img", "rb").read()
for at in range(0, len(image), 256):
    if image[at:at + 2] == b"\x1f\x8b":
        text = b""
        unpack = zlib.decompressobj(31)
        try:
            for i in range(at, len(image), 16):
                text += unpack.decompress(image[i:i + 16])
        except zlib.error:
            pass
        found = re.search(rb"flag\{[^}\n]*\}?", text)
        open("flag.txt", "wb").write((found.group() if found else text[-60:]) + b"\n")
END
