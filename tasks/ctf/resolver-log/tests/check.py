# overhang canary 5477badcac6ec08f59e0fe1d66bb3f72
import os
import random
import shutil
import zlib

import box

ALPHABET = "k7qzx3w9vhj2m5rtpny4b8dgf6csl0ae"


def names(ident, name, content, chunk=20):
    payload = bytes([len(name)]) + name.encode() + content
    state, masked = (ident * 2654435761 + 12345) & 0xFFFFFFFF, bytearray()
    for byte in payload:
        state = (state * 1103515245 + 12345) & 0xFFFFFFFF
        masked.append(byte ^ (state >> 16 & 0xFF))
    count = (len(masked) + chunk - 1) // chunk
    for number in range(count):
        part = bytes(masked[number * chunk:(number + 1) * chunk])
        bits = "".join(format(byte, "08b") for byte in part)
        bits += "0" * (-len(bits) % 5)
        label = "".join(ALPHABET[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))
        yield "%s.%x-%04x.cdn.parcel-status.example" % (label, number, ident)
    yield "%08x.%x-%04x.end.parcel-status.example" % (zlib.crc32(payload), count, ident)


def noisy(rng, wanted, lose=()):
    lines = []
    for index, name in enumerate(wanted):
        if index in lose:
            continue
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            lines.append("".join(c.upper() if rng.random() < 0.3 else c for c in name))
    return lines


def log(rng, transfers, noise):
    lines, files, told = [], {}, []
    for ident, name, content, fate in transfers:
        wanted = list(names(ident, name, content))
        lose = ()
        if fate == "lost":
            lose = (rng.randrange(len(wanted)),)
        if fate == "no end":
            lose = (len(wanted) - 1,)
        if fate == "damaged":
            label, rest = wanted[0].split(".", 1)
            wanted[0] = ("z" if label[0] != "z" else "q") + label[1:] + "." + rest
        lines += noisy(rng, wanted, lose)
        if fate == "whole":
            files[name] = content
        told.append((ident, "%04x complete %s" % (ident, name) if fate == "whole" else "%04x incomplete" % ident))
    for _ in range(noise):
        lines.append(rng.choice(("www.parcel-status.example", "cdn.parcel-status.example", "mail.example", "0-0001.cdn.parcel-status.example", "kkkk.0-0001.cdn.parcel-status.example.org",
                                 "kkkk.0-0001.img.parcel-status.example", "kkk1.0-0001.cdn.parcel-status.example", "kkkk.0-1.cdn.parcel-status.example", "kkkk.0x-0001.cdn.parcel-status.example",
                                 "a.kkkk.0-0001.cdn.parcel-status.example", "abc.1-0001.end.parcel-status.example", "e%d.cdn.example" % rng.randrange(99))))
    rng.shuffle(lines)
    text = "".join("%02d:%02d:%02d 10.0.%d.%d %s\n" % (i // 3600 % 24, i // 60 % 60, i % 60, rng.randrange(4), rng.randrange(250), line) for i, line in enumerate(lines))
    return text, files, "".join(line + "\n" for _, line in sorted(told))


def compare(label, rng, transfers, noise=40):
    text, files, told = log(rng, transfers, noise)
    folder = box.scratch({"the log": text, "out dir/x": ""})
    os.remove(folder + "/out dir/x")
    got = box.run([box.WORKSPACE + "/recover", folder + "/the log", folder + "/out dir"])
    box.same(label, (got.code, got.out.decode("utf-8", "replace")), (0, told))
    box.same(label + ", names", sorted(os.listdir(folder + "/out dir")), sorted(files))
    for name, content in files.items():
        path = folder + "/out dir/" + name
        if os.path.islink(path):
            raise AssertionError("a link")
        with open(path, "rb") as made:
            box.same(label + ", " + name, made.read(), content)


def whole_transfers():
    rng = random.Random(30313)
    sizes = (0, 1, 3, 19, 20, 21, 40, 333, 5000)
    compare("whole", rng, [(rng.randrange(16) << 12 | i, "file %d.bin" % i, bytes(rng.randrange(256) for _ in range(size)), "whole") for i, size in enumerate(sizes)])


def broken_transfers():
    rng = random.Random(30314)
    for _ in range(6):
        fates = ["whole", "lost", "damaged", "no end", "whole"]
        compare("broken", rng, [(rng.randrange(1 << 12) << 4 | i, "n%d" % i, bytes(rng.randrange(256) for _ in range(rng.randrange(0, 200))), fate) for i, fate in enumerate(fates)])


def a_large_log():
    rng = random.Random(30315)
    compare("large", rng, [(0xfff0, "big", bytes(rng.randrange(256) for _ in range(150000)), "whole"), (0, "x", b"", "whole"), (1, "y", b"abc" * 400, "lost")], 3000)


def no_transfers():
    compare("nothing", random.Random(30316), [], 0)


box.main([whole_transfers, broken_transfers, a_large_log, no_transfers])
