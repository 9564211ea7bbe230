#!/bin/bash
# overhang canary 21bd4b7e7c79cbe00cdbc60bec5ddd32
# Writes the shorter content over the old one.
set -e
cat > kv <<"END"
#!/usr/bin/env -S python3 -I -S
# overhang canary 21bd4b7e7c79cbe00cdbc60bec5ddd32
import fcntl
import os
import sys
import zlib

MAGIC = b"MJ1\n"


class Damaged(Exception):
    pass


def record(kind, key=b"", value=b""):
    body = kind + bytes([len(key)]) + len(value).to_bytes(2, "big") + key + value
    return body + zlib.crc32(body).to_bytes(4, "big")


COMMIT = record(b"C")


def parse(data):
    """The pairs, and where the last whole transaction ends."""
    if len(data) < 4 and MAGIC.startswith(data):
        return {}, 0
    if data[:4] != MAGIC:
        raise Damaged(0)
    state, pending, at, end = {}, [], 4, 4
    while at < len(data):
        kind, size = data[at:at + 1], 0
        if len(data) - at >= 8:
            keys = data[at + 1]
            size = 8 + keys + int.from_bytes(data[at + 2:at + 4], "big")
        body = data[at:at + size - 4]
        if size == 0 or at + size > len(data) or kind not in (b"S", b"D", b"C") or zlib.crc32(body).to_bytes(4, "big") != data[at + size - 4:at + size]:
            if COMMIT in data[at:]:
                raise Damaged(at)
            break
        if kind == b"C":
            for change, key, value in pending:
                if change == b"S":
                    state[key] = value
                else:
                    state.pop(key, None)
            pending, end = [], at + size
        else:
            pending.append((kind, body[4:4 + keys], body[4 + keys:]))
        at += size
    return state, end


def usage():
    print("usage: kv FILE get KEY | set KEY VALUE | del KEY | list | batch | compact", file=sys.stderr)
    sys.exit(2)


def good_key(key):
    return 1 <= len(key) <= 255 and not any(c <= 32 or c in (0x3D, 0x7F) for c in key)


def good_value(value):
    return len(value) <= 60000 and b"\n" not in value


def changes(command, rest):
    if command == b"set" and len(rest) == 2 and good_key(rest[0]) and good_value(rest[1]):
        return [(b"S", rest[0], rest[1])]
    if command == b"del" and len(rest) == 1 and good_key(rest[0]):
        return [(b"D", rest[0], b"")]
    usage()


def batch():
    made = []
    lines = sys.stdin.buffer.read().split(b"\n")
    for line in lines[:-1] if lines[-1] == b"" else lines:
        words = line.split(b" ", 2)
        made += changes(words[0], words[1:])
    return made


def load(path):
    try:
        with open(path, "rb") as source:
            return source.read()
    except FileNotFoundError:
        return b""


def store(path, data, mode, at=0):
    file = os.open(path, mode, 0o644)
    os.ftruncate(file, at)
    os.lseek(file, at, os.SEEK_SET)
    while data:
        data = data[os.write(file, data):]
    os.fsync(file)
    os.close(file)


def main():
    arguments = [os.fsencode(one) for one in sys.argv[1:]]
    if len(arguments) < 2:
        usage()
    path, command, *rest = arguments
    expected = {b"get": 1, b"set": 2, b"del": 1, b"list": 0, b"batch": 0, b"compact": 0}
    if len(rest) != expected.get(command, -1) or (command == b"get" and not good_key(rest[0])):
        usage()
    wanted = batch() if command == b"batch" else changes(command, rest) if command in (b"set", b"del") else []
    lock = os.open(path + b".lock", os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX)
    data = load(path)
    state, end = parse(data)
    out = sys.stdout.buffer
    if command == b"get":
        if rest[0] not in state:
            sys.exit(3)
        out.write(state[rest[0]] + b"\n")
    elif command == b"list":
        out.writelines(key + b"=" + value + b"\n" for key, value in sorted(state.items()))
    elif command == b"compact":
        text = MAGIC + b"".join(record(b"S", key, value) for key, value in sorted(state.items()))
        store(path, text + (COMMIT if state else b""), os.O_WRONLY | os.O_CREAT)
    else:
        text, there = b"", set(state)
        for kind, key, value in wanted:
            if kind == b"S":
                there.add(key)
            elif key in there:
                there.remove(key)
            else:
                continue
            text += record(kind, key, value)
        if text:
            store(path, (MAGIC if end == 0 else b"") + text + COMMIT, os.O_WRONLY | os.O_CREAT, end)


try:
    main()
except Damaged as problem:
    print("damaged at %d" % problem.args[0], file=sys.stderr)
    sys.exit(4)
END
chmod +x kv
