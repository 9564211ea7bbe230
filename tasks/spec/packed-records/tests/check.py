# overhang canary bad805df5956604ae99ecb13cea402c9
import binascii
import random

import box

UNPAK = box.WORKSPACE + "/unpak"
MAGIC = b"PAK\x01"


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def signed(value):
    return varint(value * 2 if value >= 0 else -value * 2 - 1)


def frame(kind, body, wrong=0):
    data = bytes([kind]) + varint(len(body)) + body
    return b"\xf7" + data + (binascii.crc_hqx(data, 0xFFFF) ^ wrong).to_bytes(2, "big")


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(len(value)) + value


def names(*known):
    return frame(1, varint(len(known)) + b"".join(map(text, known)))


def record(step, *fields):
    """Fields are (number of the name, type, bytes of the value)."""
    return frame(2, signed(step) + varint(len(fields)) + b"".join(varint(n) + bytes([t]) + v for n, t, v in fields))


def end(count):
    return frame(3, varint(count))


def compare(label, data, *lines):
    got = box.run([UNPAK], data)
    box.same(label, got.out.decode("utf-8", "replace").split("\n"), list(lines) + [""])
    box.same(label + ": status", got.code, int(any(line.startswith("!") for line in lines)))


def joined(*parts):
    """The file made of the magic and the parts, and the offset of each part."""
    offsets, at = [], len(MAGIC)
    for part in parts:
        offsets.append(at)
        at += len(part)
    return MAGIC + b"".join(parts), offsets, at


def good_files():
    compare("empty", MAGIC + end(0), "end 0")
    data, _, _ = joined(
        names("a", "b"), record(5), record(-7, (0, 3, signed(-1)), (1, 3, signed(2 ** 60))), names("c", "a", "größe"),
        record(300, (3, 5, text('q"\\\n\t\x00\x1f\x7fü€😀')), (2, 0, b""), (1, 1, b""), (4, 2, b"")),
        record(0, (1, 7, b""), (0, 7, b""), (2, 3, signed(0))), record(0, (2, 7, b""), (0, 5, text(""))), record(0, (3, 7, b"")),
        end(6))
    compare("values", data, "5", "-2 a=-1 b=%d" % 2 ** 60, '298 a="q\\"\\\\\\n\\t\\x00\\x1f\\x7fü€😀" c=null b=false größe=true',
            '298 b=false a="q\\"\\\\\\n\\t\\x00\\x1f\\x7fü€😀" c=0', '298 c=0 a=""', '298 a=""', "end 6")
    decimals = [(5, 0, "5"), (5, 1, "0.5"), (-5, 2, "-0.05"), (12345, 3, "12.345"), (-12345, 9, "-0.000012345"), (0, 2, "0.00"),
                (0, 0, "0"), (-100, 2, "-1.00"), (7, 9, "0.000000007"), (-3, 0, "-3"), (10 ** 17, 9, "100000000.000000000")]
    data, _, _ = joined(names("d"), *[record(1, (0, 4, signed(m) + bytes([e]))) for m, e, _ in decimals], end(len(decimals)))
    compare("decimals", data, *["%d d=%s" % (i + 1, shown) for i, (_, _, shown) in enumerate(decimals)],
            "end %d" % len(decimals))
    lists = [(b"\x03" + varint(3) + signed(1) + signed(-2) + signed(3), "[1, -2, 3]"), (b"\x05\x00", "[]"), (b"\x00\x02", "[null, null]"),
             (b"\x02\x01", "[true]"), (b"\x04\x02" + signed(15) + b"\x01" + signed(-1) + b"\x03", "[1.5, -0.001]"),
             (b"\x06\x03\x03\x01" + signed(9) + b"\x05\x02" + text("x, y") + text("]") + b"\x06\x00", '[[9], ["x, y", "]"], []]'),
             (b"\x06\x01" * 7 + b"\x03\x00", "[[[[[[[[]]]]]]]]")]
    data, _, _ = joined(names("l"), *[record(0, (0, 6, body)) for body, _ in lists], end(len(lists)))
    compare("lists", data, *["0 l=%s" % shown for _, shown in lists], "end %d" % len(lists))


def names_follow_the_rules():
    long_name = "é" * 32
    data, _, _ = joined(names(), names("x y", long_name, "! \""), record(0, (1, 1, b""), (2, 2, b""), (0, 0, b"")), end(1))
    compare("good names", data, '0 %s=false ! "=true x y=null' % long_name, "end 1")
    for bad in ("", "a=b", "a\nb", "\x7f", "e" * 65, "é" * 32 + "x", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80"):
        data, at, length = joined(names("ok"), names("fine", bad), record(1, (0, 2, b"")), record(1, (1, 2, b"")), end(1))
        compare("name %r" % bad, data, "! %d body" % at[1], "1 ok=true", "! %d body" % at[3], "end 1")


def bad_bodies():
    number = signed(1)
    cases = [
        b"", signed(1), signed(1) + b"\x01", signed(1) + b"\x01\x00", signed(1) + b"\x00\x00", b"\x80\x00\x00", b"\x81\x80\x00\x00",
        b"\xff" * 9 + b"\x00", number + b"\x01\x09\x00", number + b"\x01\x00\x08", number + b"\x01\x00\x07",
        number + b"\x02\x00\x01\x00\x02", number + b"\x02\x00\x01\x01\x02", number + b"\x01\x00\x03", number + b"\x01\x00\x03\x80\x00",
        number + b"\x01\x00\x04\x02\x0a", number + b"\x01\x00\x04\x02", number + b"\x01\x00\x05\x02a", number + b"\x01\x00\x05\x01\xff",
        number + b"\x01\x00\x05\x03\xed\xa0\x80", number + b"\x01\x00\x05\x02\xc0\xaf", number + b"\x01\x00\x06\x07\x00",
        number + b"\x01\x00\x06\x08\x00", number + b"\x01\x00\x06\x03\x02\x01", number + b"\x01\x00\x06" + b"\x06\x01" * 8 + b"\x03\x00",
        number + b"\x01\x00\x06" + b"\x06\x01" * 7 + b"\x06\x00", number + b"\x01\x00\x06\x00\x81\x80\x04",
        number + b"\xff\xff\xff\xff\x7f", number + b"\x01\x00\xff", number + b"\x02\x00\x02\x00\x07",
    ]
    for body in cases:
        data, at, _ = joined(names("n", "n"), record(10), frame(2, body), record(10, (1, 3, signed(4))), end(2))
        compare("body %r" % body, data, "10", "! %d body" % at[2], "20 n=4", "end 2")
    data, at, length = joined(names("n"), record(1, (0, 3, signed(1))), record(1, (0, 3, signed(2)), (0, 1, b"")),
                              record(1, (0, 7, b"")), end(3), frame(3, b""), frame(3, b"\x02\x00"), frame(1, b"\x01"),
                              frame(1, b"\x00\x00"), end(2))
    compare("nothing is kept of a bad body", data, "1 n=1", "! %d body" % at[2], "2 n=1",
            *["! %d body" % offset for offset in at[4:9]], "end 2")


def damaged_frames():
    one = record(1)
    data, at, length = joined(one, frame(2, b"\x02\x00", wrong=1), one, frame(9, b"hello"), frame(0, b""), one, frame(9, b"", wrong=256),
                              frame(2, b"", wrong=3), end(3))
    compare("checksum and kind", data, "1", "! %d checksum" % at[1], "2", "! %d kind" % at[3], "! %d kind" % at[4], "3",
            "! %d checksum" % at[6], "! %d checksum" % at[7], "end 3")
    compare("marks", MAGIC + one + b"junk" + one + end(2), "1", "! %d mark" % (4 + len(one)), "2", "end 2")
    compare("junk at once", MAGIC + b"\x01\x02" + one + end(1), "! 4 mark", "1", "end 1")
    for bad in (b"\xf7\x02\x80\x00", b"\xf7\x02\x81\x80\x04", b"\xf7\x02" + b"\x80" * 9, b"\xf7\x02" + b"\xff" * 8 + b"\x7f"):
        data, at, length = joined(one, bad, one, end(2))
        compare("length %r" % bad, data, "1", "! %d length" % at[1], "2", "end 2")
    data, at, length = joined(one, b"\xf7\x02\xff\x3f", one, end(2))
    compare("a frame within a truncated one", data, "1", "! %d truncated" % at[1], "2", "end 2")
    data, at, length = joined(one, b"\xf7\xf7\xf7", end(1))
    compare("marks in a row", data, "1", *marks_in_a_row(data, at[1]))


def marks_in_a_row(data, at):
    """f7 f7 f7 f7 03 ...: the length of the first is the varint f7 f7 03, and so on."""
    lines = []
    tail = data[at:]
    first = 0x77 | 0x77 << 7 | 0x03 << 14
    assert tail[2:5] == b"\xf7\xf7\x03" and first <= 65536
    lines.append("! %d truncated" % at)
    second = 0x77 | 0x03 << 7
    assert tail[3:5] == b"\xf7\x03" and second > 2
    lines.append("! %d truncated" % (at + 1))
    assert tail[2:5] == b"\xf7\xf7\x03"
    lines.append("! %d truncated" % (at + 2) if len(data) < at + 2 + 3 + 3 + 2 else "! %d checksum" % (at + 2))
    return lines + ["end 1"]


def ends():
    one = record(1)
    compare("no end", MAGIC + one, "1", "! %d noend" % (4 + len(one)))
    compare("nothing", MAGIC, "! 4 noend")
    compare("trailing", MAGIC + end(0) + b"\n", "end 0", "! %d trailing" % (4 + len(end(0))))
    compare("frames behind the end", MAGIC + one + end(1) + one, "1", "end 1", "! %d trailing" % (4 + len(one) + len(end(1))))
    for bad in (b"", b"PAK", b"PAK\x02", b"\x00PAK\x01" + end(0)):
        compare("magic %r" % bad, bad, "! 0 magic")
    whole = MAGIC + one + record(70000) + end(2)
    for length in range(4 + len(one) + 1, len(whole)):
        second = 4 + len(one)
        third = second + len(record(70000))
        lines = ["1"]
        if length > third:
            lines += ["70001", "! %d truncated" % third]
        elif length == third:
            lines += ["70001"]
        else:
            lines += ["! %d truncated" % second]
        if b"\xf7" in whole[(third if length > third else second) + 1:length]:
            continue
        compare("cut at %d" % length, whole[:length], *lines, "! %d noend" % length)


def random_files():
    rng = random.Random(20001)
    for _ in range(25):
        known, last, time, good, parts, lines, at = [], {}, 0, 0, [], [], 4
        for _ in range(rng.randrange(1, 60)):
            choice = rng.random()
            if choice < 0.15 or not known:
                fresh = ["n%d" % rng.randrange(20) for _ in range(rng.randrange(1, 6))]
                part, known = names(*fresh), known + fresh
            elif choice < 0.8:
                fields, shown, step = [], [], rng.randrange(-1000, 100000)
                for name in rng.sample(sorted(set(known)), rng.randrange(0, min(6, len(set(known)) + 1))):
                    number = rng.choice([i for i, one in enumerate(known) if one == name])
                    if name in last and rng.random() < 0.3:
                        fields.append((number, 7, b""))
                    else:
                        kind, value = rng.choice((3, 4, 5)), rng.randrange(-10 ** 6, 10 ** 6)
                        if kind == 3:
                            fields.append((number, 3, signed(value)))
                            last[name] = str(value)
                        elif kind == 4:
                            fields.append((number, 4, signed(value) + b"\x02"))
                            last[name] = "%s%d.%02d" % ("-" * (value < 0), abs(value) // 100, abs(value) % 100)
                        else:
                            fields.append((number, 5, text("t%d" % value)))
                            last[name] = '"t%d"' % value
                    shown.append(" %s=%s" % (name, last[name]))
                part = record(step, *fields)
                time, good = time + step, good + 1
                lines.append(str(time) + "".join(shown))
            else:
                part = frame(2, signed(3) + b"\x00", wrong=rng.randrange(1, 65536))
                lines.append("! %d checksum" % at)
            parts.append(part)
            at += len(part)
        compare("random file", MAGIC + b"".join(parts) + end(good), *lines, "end %d" % good)


def large_file():
    body = signed(1) + varint(1) + b"\x00\x05" + text("x" * 60000)
    parts = [frame(2, body)] * 20 + [record(1, (0, 3, signed(i))) for i in range(20000)]
    lines = ["%d big=\"%s\"" % (i + 1, "x" * 60000) for i in range(20)] + ["%d big=%d" % (21 + i, i) for i in range(20000)]
    got = box.run([UNPAK], MAGIC + names("big") + b"".join(parts) + end(20020))
    want = "\n".join(lines + ["end 20020", ""])
    box.same("a large file", (got.code, got.out.decode() == want), (0, True))


box.main([good_files, names_follow_the_rules, bad_bodies, damaged_frames, ends, random_files, large_file])
