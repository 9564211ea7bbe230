# overhang canary 21bd4b7e7c79cbe00cdbc60bec5ddd32
import os
import random
import signal
import time
import zlib

import box

KV = box.WORKSPACE + "/kv"
MAGIC = b"MJ1\n"


def record(kind, key=b"", value=b""):
    body = kind + bytes([len(key)]) + len(value).to_bytes(2, "big") + key + value
    return body + zlib.crc32(body).to_bytes(4, "big")


def one(key, value):
    return record(b"S", key, value) + record(b"C")


class File:
    def __init__(self, content=None):
        self.top = box.scratch()
        self.path = self.top + "/the file"
        if content is not None:
            self.write(content)

    def write(self, content):
        with open(self.path, "wb") as out:
            out.write(content)
        os.chown(self.path, box.UID, box.UID)

    def read(self):
        with open(self.path, "rb") as source:
            return source.read()

    def kv(self, *arguments, stdin=b""):
        return box.run([KV, self.path, *arguments], stdin, cwd=self.top)

    def wants(self, code, out, *arguments, stdin=b"", label=""):
        got = self.kv(*arguments, stdin=stdin)
        box.same("%s kv %s" % (label, " ".join(map(str, arguments))[:80]), (got.code, got.out), (code, out))
        return got

    def tidy(self):
        extra = set(os.listdir(self.top)) - {"the file", "the file.lock"}
        box.same("other files", extra, set())


def plain_use():
    file = File()
    file.wants(3, b"", "get", "a")
    file.wants(0, b"", "list")
    box.same("files after reading", [n for n in os.listdir(file.top) if not n.endswith(".lock")], [])
    file.wants(0, b"", "del", "a")
    for key, value in (("b", "1"), ("a", "two words"), ("b", ""), ("ä", "x" * 60000), ("c", "= =")):
        file.wants(0, b"", "set", key, value)
    want = MAGIC + one(b"b", b"1") + one(b"a", b"two words") + one(b"b", b"") + one("ä".encode(), b"x" * 60000) + one(b"c", b"= =")
    box.same("the file", file.read(), want)
    file.wants(0, b"", "del", "c")
    file.wants(0, b"", "del", "c")
    want += record(b"D", b"c") + record(b"C")
    box.same("the file after del", file.read(), want)
    file.wants(0, b"\n", "get", "b")
    file.wants(3, b"", "get", "c")
    file.wants(0, b"a=two words\nb=\n" + "ä=".encode() + b"x" * 60000 + b"\n", "list")
    file.wants(0, b"", "batch", stdin=b"set n 1\ndel a\nset n  2 \nset m \ndel zzz\n")
    want += record(b"S", b"n", b"1") + record(b"D", b"a") + record(b"S", b"n", b" 2 ") + record(b"S", b"m", b"")
    got = file.read()
    box.same("the file after batch", got, want + record(b"C"))
    file.wants(0, b"", "compact")
    box.same("the file after compact", file.read(), MAGIC + record(b"S", b"b", b"") + record(b"S", b"m", b"") + record(b"S", b"n", b" 2 ") + record(b"S", "ä".encode(), b"x" * 60000) + record(b"C"))
    file.tidy()
    empty = File()
    empty.wants(0, b"", "batch", stdin=b"")
    empty.wants(0, b"", "compact")
    empty.wants(0, b"", "list")
    empty.tidy()


def wrong_arguments():
    file = File(MAGIC + one(b"k", b"v"))
    bad = [(), ("frob",), ("get",), ("get", "a", "b"), ("set", "a"), ("set", "", "x"), ("set", "a=b", "x"), ("set", "a b", "x"), ("set", "a\x01", "x"), ("set", "a", "x\ny"), ("set", "a" * 256, "x"),
           ("set", "a", "x" * 60001), ("set", "a", "b", "c"), ("del",), ("list", "x"), ("compact", "x"), ("batch", "x"), ("get", "\t"), ("del", "")]
    for arguments in bad:
        got = file.kv(*arguments)
        box.same("status of %.60r" % (arguments,), (got.code, got.out), (2, b""))
    for text in (b"set a\n", b"set a 1\nfrob\n", b"set a 1\n\n", b"del\n", b"del a b\n", b"set a=b 1\n", b"set  1\n", b"set a 1\ndel \n", b"set a 1\nset b " + b"x" * 60001 + b"\n", b"set a 1\n set b 2\n"):
        file.wants(2, b"", "batch", stdin=text)
    box.same("the file", file.read(), MAGIC + one(b"k", b"v"))
    box.same("no file name", box.run([KV]).code, 2)
    file.wants(0, b"", "batch", stdin=b"set last 1\nset end 2")
    file.wants(0, b"end=2\nk=v\nlast=1\n", "list")


def bytes_of_all_kinds():
    file = File()
    key, value = b"k\xff\xc3", b"\xfe\x80 \t"
    file.wants(0, b"", "set", os.fsdecode(key), os.fsdecode(value))
    file.wants(0, b"", "batch", stdin=b"set \xee\x80\x80 1\nset \xf0\x90\x80\x80 2\n")
    box.same("the file", file.read(), MAGIC + one(key, value) + record(b"S", b"\xee\x80\x80", b"1") + record(b"S", b"\xf0\x90\x80\x80", b"2") + record(b"C"))
    file.wants(0, value + b"\n", "get", os.fsdecode(key))
    file.wants(0, key + b"=" + value + b"\n\xee\x80\x80=1\n\xf0\x90\x80\x80=2\n", "list")


def a_compact_makes_a_new_file():
    old = MAGIC + b"".join(one(b"k%d" % (i % 3), b"v%d" % i) for i in range(40))
    file = File(old)
    with open(file.path, "rb") as reader:
        file.wants(0, b"", "compact")
        box.same("what a reader sees who opened the old file", reader.read(), old)
    box.same("the new file", file.read(), MAGIC + b"".join(record(b"S", b"k%d" % i, b"v%d" % v) for i, v in ((0, 39), (1, 37), (2, 38))) + record(b"C"))
    file.tidy()


# Notes which file is synced, and how large it is at that time.
WATCH = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void note(const char *what, int fd)
{
    struct stat st = {0};
    FILE *out = fopen(getenv("SYNC_NOTES"), "a");
    if (!out)
        return;
    if (fd >= 0)
        fstat(fd, &st);
    fprintf(out, "%s %lu %ld\n", what, (unsigned long)st.st_ino, (long)st.st_size);
    fclose(out);
}

__attribute__((constructor)) static void begin(void) { note("begin", -1); }
int fsync(int fd) { note("sync", fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { note("sync", fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


def what_is_written_is_synced():
    folder = box.scratch({"watch.c": WATCH})
    made = box.run(["gcc", "-shared", "-fPIC", "-O1", "-o", "watch.so", "watch.c"], cwd=folder, timeout=box.BUILD_LIMIT)
    box.same("gcc", made.code, 0)
    file = File()
    notes = folder + "/notes"
    for arguments, stdin in ((("set", "a", "1"), b""), (("set", "b", "2"), b""), (("batch",), b"set c 3\nset d 4\n"), (("del", "a"), b""), (("compact",), b""), (("set", "a", "5"), b"")):
        open(notes, "wb").close()
        os.chown(notes, box.UID, box.UID)
        got = box.run([KV, file.path, *arguments], stdin, cwd=file.top, env={"LD_PRELOAD": folder + "/watch.so", "SYNC_NOTES": notes})
        box.same("status of %s" % (arguments,), got.code, 0)
        with open(notes, encoding="ascii") as lines:
            seen = [line.split() for line in lines]
        if not seen:
            # A program without shared libraries cannot be watched.
            return
        state = os.stat(file.path)
        box.same("the whole file was synced by %s; notes %r" % (arguments, seen), ["sync", str(state.st_ino), str(state.st_size)] in seen, True)


def torn_writes():
    whole = MAGIC + one(b"a", b"1") + one(b"b", b"22")
    tail = record(b"S", b"a", b"new") + record(b"D", b"b") + record(b"S", b"q", b"z" * 9) + record(b"C")
    for cut in range(0, len(tail), 3):
        file = File(whole + tail[:cut])
        label = "cut after %d bytes:" % cut
        file.wants(0, b"a=1\nb=22\n", "list", label=label)
        box.same(label + " the file after reading", file.read(), whole + tail[:cut])
        if cut % 2 == 0:
            file.wants(0, b"", "set", "c", "3", label=label)
            box.same(label + " the file after writing", file.read(), whole + one(b"c", b"3"))
    for cut in range(1, 4):
        file = File(MAGIC[:cut])
        file.wants(0, b"", "list", label="cut magic")
        file.wants(0, b"", "set", "c", "3", label="cut magic")
        box.same("the file after a cut magic", file.read(), MAGIC + one(b"c", b"3"))
    zeros = File(whole + b"\0" * 4096)
    zeros.wants(0, b"a=1\nb=22\n", "list", label="zeros")
    zeros.wants(0, b"", "compact", label="zeros")
    box.same("zeros, compact", zeros.read(), MAGIC + record(b"S", b"a", b"1") + record(b"S", b"b", b"22") + record(b"C"))
    flipped = bytearray(tail)
    flipped[-1] ^= 1
    File(whole + bytes(flipped)).wants(0, b"a=1\nb=22\n", "list", label="bad sum at the very end")


def damage():
    parts = [one(b"a", b"1"), record(b"S", b"b", b"2") + record(b"D", b"a") + record(b"C"), one(b"c", b"3")]
    whole = MAGIC + b"".join(parts)
    second = len(MAGIC) + len(parts[0])
    cases = [(second + 4, second), (second + 5, second), (len(MAGIC) + 6, len(MAGIC)), (second + len(record(b"S", b"b", b"2")) + 4, second + len(record(b"S", b"b", b"2"))), (1, 0), (second, second)]
    for place, offset in cases:
        content = bytearray(whole)
        content[place] ^= 0x20
        commands = (("list",), ("set", "x", "y"), ("get", "c"), ("del", "c"), ("compact",), ("batch",))
        for arguments in commands[: 6 if place == second + 4 else 2]:
            file = File(bytes(content))
            got = file.wants(4, b"", *arguments, stdin=b"set n 1\n", label="damage at %d:" % place)
            box.same("message, damage at %d" % place, got.err, b"damaged at %d\n" % offset)
            box.same("the file, damage at %d" % place, file.read(), bytes(content))
    inner = MAGIC + one(b"k", b"C\0\0\0" + zlib.crc32(b"C\0\0\0").to_bytes(4, "big") + b"x")
    torn = File(inner + record(b"S", b"q", b"abc" + record(b"C") + b"def")[:-3])
    torn.wants(4, b"", "list", label="a commit record in torn data:")


def many_at_once():
    file = File()
    writers = []
    for number in range(5):
        script = 'for i in 1 2 3 4; do "$0" "$1" set "k%d-$i" "v$i" || exit 1; "$0" "$1" set shared "%d-$i" || exit 1; done' % (number, number)
        writers.append(box.start(["bash", "-c", script, KV, file.path]))
    tidier = box.start(["bash", "-c", 'for i in 1 2 3 4 5 6; do "$0" "$1" compact || exit 1; done', KV, file.path])
    reader = box.start(["bash", "-c", 'for i in 1 2 3 4 5 6; do "$0" "$1" list > /dev/null || exit 1; done', KV, file.path])
    for process in writers + [tidier, reader]:
        # All of them together are some fifty calls.
        box.same("status of one of many", process.wait(30), 0)
    got = file.wants(0, file.kv("list").out, "list").out.decode().splitlines()
    box.same("keys", {line.split("=")[0] for line in got}, {"k%d-%d" % (a, b) for a in range(5) for b in range(1, 5)} | {"shared"})
    file.tidy()


def batches_are_whole():
    file = File()
    script = 'for i in 1 2 3 4 5 6 7 8; do printf "set a $i\\nset b $i\\nset c $i\\n" | "$0" "$1" batch || exit 1; done'
    writer = box.start(["bash", "-c", script, KV, file.path])
    while writer.poll() is None:
        got = file.kv("list")
        values = {line.split(b"=")[1] for line in got.out.splitlines()}
        if got.code != 0 or len(values) > 1 or len(got.out.splitlines()) not in (0, 3):
            raise AssertionError("half a batch: %r" % (got,))
    box.same("writer", writer.returncode, 0)


def killed_ones_leave_no_lock():
    file = File(MAGIC + one(b"a", b"1"))
    read_end, write_end = os.pipe()
    stuck = box.start([KV, file.path, "batch"], stdin=read_end)
    os.close(read_end)
    os.write(write_end, b"set a 2\n")
    time.sleep(0.4)
    os.killpg(stuck.pid, signal.SIGKILL)
    stuck.wait()
    os.close(write_end)
    file.wants(0, b"", "set", "b", "2", label="after a kill:")
    file.wants(0, b"a=1\nb=2\n", "list", label="after a kill:")
    rng = random.Random(5)
    for _ in range(6):
        victim = box.start([KV, file.path, "compact"])
        time.sleep(rng.random() * 0.1)
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        file.wants(0, b"a=1\nb=2\n", "list", label="after a killed compact:")
    file.wants(0, b"", "compact", label="after killed ones:")
    box.same("the file after them", file.read(), MAGIC + record(b"S", b"a", b"1") + record(b"S", b"b", b"2") + record(b"C"))


box.main([plain_use, wrong_arguments, bytes_of_all_kinds, a_compact_makes_a_new_file, what_is_written_is_synced, torn_writes, damage, many_at_once, batches_are_whole, killed_ones_leave_no_lock])
