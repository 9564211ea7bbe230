# overhang canary 416dc2efe5807f29a0268008569d5800
import os
import random
import shutil

import box

FOLDER = box.scratch()

MAIN = """
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{BufRead, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;
static CALLS: AtomicU64 = AtomicU64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        System.dealloc(place, layout)
    }
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        System.realloc(place, layout, size)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    let mut input = std::io::stdin().lock();
    let mut token = String::new();
    input.read_line(&mut token).unwrap();
    let mut log = String::new();
    input.read_to_string(&mut log).unwrap();
    let mut out = String::with_capacity(log.len() + 1000000);
    out.push_str("before\\n");
    let first = CALLS.load(Ordering::Relaxed);
    tally::tally(&log, &mut out);
    let calls = CALLS.load(Ordering::Relaxed) - first;
    let mut to = std::io::stdout().lock();
    to.write_all(format!("{}{}\\n{}", token, calls, out).as_bytes()).unwrap();
}
"""


def builds():
    shutil.copy(box.WORKSPACE + "/tally.rs", FOLDER + "/tally.rs")
    with open(FOLDER + "/main.rs", "w", encoding="utf-8") as out:
        out.write(MAIN)
    box.give(FOLDER)
    for command in ("rustc --edition 2021 -O -F unsafe_code --crate-type rlib --crate-name tally tally.rs",
                    "rustc --edition 2021 --extern tally=libtally.rlib -o program main.rs"):
        got = box.run(command.split(), cwd=FOLDER, timeout=box.BUILD_LIMIT)
        if got.code != 0:
            raise AssertionError("%s: %s" % (command, got.err.decode("utf-8", "replace")[:600]))


def lower(key):
    # Python agrees with Rust on these inputs, final sigma included.
    return key.lower()


def unescaped(text):
    done, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in "nt\\":
            done.append({"n": "\n", "t": "\t", "\\": "\\"}[text[at + 1]])
            at += 2
        else:
            done.append(text[at])
            at += 1
    return "".join(done)


def model(log):
    groups, bad, spellings = {}, 0, set()
    for line in log.split("\n"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not key:
            bad += 1
            continue
        spellings.add(key)
        group = groups.setdefault(lower(key), [0, 0, None])
        group[0] += 1
        digits = value[1:] if value[:1] in ("+", "-") else value
        if digits and all(c in "0123456789" for c in digits) and -2**63 <= int(value) < 2**63:
            group[1] += int(value)
        else:
            text = unescaped(value)
            if group[2] is None or len(text) > len(group[2]):
                group[2] = text
    lines = ["before\n"]
    for key, (count, total, text) in sorted(groups.items(), key=lambda item: item[0].encode()):
        lines.append("%s: %d, sum %d" % (key, count, total) + ("" if text is None else ', longest "%s"' % text) + "\n")
    if bad:
        lines.append("malformed: %d\n" % bad)
    return "".join(lines), 60 + 8 * len(spellings)


def compare(log, label):
    token = "%032x" % random.SystemRandom().getrandbits(128)
    want, allowed = model(log)
    got = box.run([FOLDER + "/program"], token + "\n" + log)
    box.same(label + ", status", (got.code, got.err[:300]), (0, b""))
    first, count, out = got.out.decode().split("\n", 2)
    box.same(label, (first, out), (token, want))
    if int(count) > allowed:
        raise AssertionError("%s: %s allocations, %d allowed" % (label, count, allowed))


KEYS = ["disk", "Disk", "DISK", "net", "Ärger", "ÄRGER", "ΟΔΟΣ", "οδος", "οδοσ", "ΟΔΟΣ x", "a b", "A b", "x", "é", "É", "straße", "STRASSE", "日本"]
VALUES = ["1", "-5", "+7", "12", "0012", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "", "ok",
          "a\\nb", "tab\\tbed", "back\\\\n", "odd\\", "\\\\\\", "\\q", "näher", "a=b", "# no", "1 2", "+", "--1", "日本語日本語"]


def small_logs():
    rng = random.Random(71993)
    fixed = ["", "\n", "x", "=1", " = ", "x=", "x=1", "# c\nx=1\r\n\n y = 2 \n", "x=aa\nx=b\\n\nX=\\\\\\\\\n", "x=\nX=1", "b=1\nB=2\na=3\n_=4\nZ=5"]
    for log in fixed:
        compare(log, "log %r" % log)
    for number in range(7):
        lines = [rng.choice((" ", "", "\t")) + rng.choice(KEYS) + rng.choice(("=", " = ", "=", "= ")) + rng.choice(VALUES)
                 if rng.random() < 0.93 else rng.choice(("# note", "", "nothing", "=3", "\u2003")) for _ in range(rng.randrange(1, 90))]
        compare("\n".join(lines) + rng.choice(("", "\n")), "made-up log %d" % number)


def long_logs():
    rng = random.Random(71994)
    lines = [rng.choice(KEYS) + " = " + rng.choice(VALUES) for _ in range(30000)]
    compare("\n".join(lines), "30,000 lines")
    compare("\n".join("key %d=%d" % (i % 2000, i) for i in range(20000)), "2000 keys")
    compare("\n".join("k=" + "v\\n" * (i % 300) for i in range(20000)), "growing values")
    compare("no equals sign\n" * 30000, "malformed lines")
    compare("\n".join("k%07d=1" % (i % 200000) for i in range(210000)), "200,000 keys")


box.main([builds, small_logs, long_logs])
