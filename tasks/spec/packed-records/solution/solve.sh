#!/bin/bash
# overhang canary bad805df5956604ae99ecb13cea402c9
set -e
cat > unpak <<'END'
#!/usr/bin/env python3
# overhang canary bad805df5956604ae99ecb13cea402c9
import sys

TABLE = []
for byte in range(256):
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    TABLE.append(crc)


def checksum(data):
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ TABLE[crc >> 8 ^ byte]
    return crc


class Bad(Exception):
    pass


class Short(Exception):
    pass


def varint(data, at):
    """The number and the place behind it; Short if the data end within it."""
    value = 0
    for i in range(9):
        if at + i >= len(data):
            raise Short
        byte = data[at + i]
        value |= (byte & 127) << 7 * i
        if byte < 128:
            if byte == 0 and i:
                raise Bad
            return value, at + i + 1
    raise Bad


class Body:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self):
        value, self.at = varint(self.data, self.at)
        return value

    def signed(self):
        value = self.number()
        return value >> 1 ^ -(value & 1)

    def byte(self):
        return self.take(1)[0]

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Bad
        self.at += count
        return self.data[self.at - count:self.at]

    def text(self):
        return self.take(self.number()).decode("utf-8")

    def end(self):
        if self.at != len(self.data):
            raise Bad


def control(c):
    return c < " " or c == "\x7f"


def quoted(text):
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(known.get(c) or ("\\x%02x" % ord(c) if control(c) else c) for c in text) + '"'


def value_of(body, kind, depth=0):
    if kind == 0:
        return "null"
    if kind in (1, 2):
        return "true" if kind == 2 else "false"
    if kind == 3:
        return str(body.signed())
    if kind == 4:
        m, e = body.signed(), body.byte()
        if e > 9:
            raise Bad
        digits = str(abs(m)).rjust(e + 1, "0")
        return ("-" if m < 0 else "") + (digits[:-e] + "." + digits[-e:] if e else digits)
    if kind == 5:
        return quoted(body.text())
    if kind == 6:
        if depth == 8:
            raise Bad
        inner, count = body.byte(), body.number()
        if inner > 6 or count > 65536 or inner == 6 and depth == 7:
            raise Bad
        return "[" + ", ".join(value_of(body, inner, depth + 1) for _ in range(count)) + "]"
    raise Bad


def dictionary(body):
    names = []
    for _ in range(body.number()):
        name = body.text()
        if not 1 <= len(name.encode()) <= 64 or any(control(c) or c == "=" for c in name):
            raise Bad
        names.append(name)
    body.end()
    return names


def record(body, names, time, last):
    time += body.signed()
    fields = {}
    for _ in range(body.number()):
        number = body.number()
        if number >= len(names) or names[number] in fields:
            raise Bad
        name, kind = names[number], body.byte()
        if kind == 7:
            if name not in last:
                raise Bad
            fields[name] = last[name]
        else:
            fields[name] = value_of(body, kind)
    body.end()
    return time, fields


def listing(data):
    if data[:4] != b"PAK\x01":
        yield "! 0 magic"
        return
    names, last, time, good, at = [], {}, 0, 0, 4
    while 0 <= at < len(data):
        if data[at] != 0xF7:
            yield "! %d mark" % at
            at = data.find(b"\xf7", at)
            continue
        try:
            size, start = varint(data, at + 2)
            if size > 65536:
                raise Bad
            if start + size + 2 > len(data):
                raise Short
        except (Bad, Short) as problem:
            yield "! %d %s" % (at, "length" if isinstance(problem, Bad) else "truncated")
            at = data.find(b"\xf7", at + 1)
            continue
        stop = start + size + 2
        body, kind = Body(data[start:stop - 2]), data[at + 1]
        if checksum(data[at + 1:stop - 2]) != data[stop - 2] << 8 | data[stop - 1]:
            yield "! %d checksum" % at
        elif kind not in (1, 2, 3):
            yield "! %d kind" % at
        else:
            try:
                if kind == 1:
                    names += dictionary(body)
                elif kind == 2:
                    time, fields = record(body, names, time, last)
                    last.update(fields)
                    good += 1
                    yield " ".join([str(time)] + ["%s=%s" % pair for pair in fields.items()])
                else:
                    if body.number() != good:
                        raise Bad
                    body.end()
                    yield "end %d" % good
                    if stop < len(data):
                        yield "! %d trailing" % stop
                    return
            except (Bad, Short, UnicodeDecodeError):
                yield "! %d body" % at
        at = stop
    yield "! %d noend" % len(data)


lines = list(listing(sys.stdin.buffer.read()))
sys.stdout.buffer.write("".join(line + "\n" for line in lines).encode())
sys.exit(any(line.startswith("!") for line in lines))
END
chmod +x unpak
grep -v '^#' sample.hex | xxd -r -p > /tmp/sample.pak
./unpak < /tmp/sample.pak || [ $? -eq 1 ]
