# overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d
import os
import random
import shutil
import time

import box

FOLDER = box.scratch()
# A static library of Rust's holds its whole standard library.
box.OUTPUT_LIMIT = 256 << 20
MAKE = {"HOME": "/nonexistent"}

PROGRAM = r"""
#include "frames.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const unsigned char *data, size_t size)
{
    char *text = (char *)1;
    size_t count = 77;
    int status = frames_check(data, size, &text, &count);
    printf("%d", status);
    if (status == FRAMES_OK) {
        printf(" %zu %zu %s", count, strlen(text), text);
        frames_free(text);
    } else {
        printf(" %s %zu", text == NULL ? "null" : "set", count);
    }
    printf("\n");
}

static void *hammer(void *seed)
{
    long failures = 0;
    for (int i = 0; i < 300; i++) {
        unsigned char good[] = {0x7e, 1, 'a', 'a', 0x7e, 2, 'x', 'y', (unsigned char)('x' ^ 'y')};
        unsigned char bad[] = {0x7e, 9, 'a'};
        good[2] = good[3] = (unsigned char)('a' + (i + *(int *)seed) % 26);
        char *text = NULL;
        size_t count = 0;
        if (i % 3 == 0 && frames_check(bad, sizeof bad, &text, &count) != FRAMES_PANIC)
            failures++;
        if (frames_check(good, sizeof good, &text, &count) != FRAMES_OK || count != 2 || strlen(text) != 4)
            failures++;
        frames_free(text);
    }
    return (void *)failures;
}

int main(void)
{
    char line[100000];
    while (fgets(line, sizeof line, stdin)) {
        size_t size = strspn(line, "0123456789abcdef") / 2;
        unsigned char *data = malloc(size + 1);
        for (size_t i = 0; i < size; i++) {
            char two[3] = {line[2 * i], line[2 * i + 1], 0};
            data[i] = (unsigned char)strtol(two, NULL, 16);
        }
        show(data, size);
        free(data);
    }
    char *text = (char *)1;
    size_t count = 5;
    int status = frames_check(NULL, 0, &text, &count);
    printf("%d %zu %zu\n", status, count, status == FRAMES_OK ? strlen(text) : 99);
    frames_free(text);
    text = (char *)1, count = 5;
    status = frames_check(NULL, 3, &text, &count);
    printf("%d %s %zu\n", status, text == NULL ? "null" : "set", count);
    count = 5;
    status = frames_check((const unsigned char *)"", 0, NULL, &count);
    printf("%d %zu\n", status, count);
    text = (char *)1;
    status = frames_check((const unsigned char *)"", 0, &text, NULL);
    printf("%d %s", status, text == NULL ? "null" : "set");
    printf(" %d\n", frames_check(NULL, 3, NULL, NULL));
    frames_free(NULL);
    pthread_t threads[4];
    int seeds[4] = {0, 5, 11, 17};
    long failures = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hammer, &seeds[i]);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        failures += (long)result;
    }
    printf("threads %ld\n", failures);
    return 0;
}
"""


def make(*arguments):
    got = box.run(["make", *arguments], timeout=box.BUILD_LIMIT, env=MAKE)
    if got.code != 0:
        raise AssertionError("make %s: %s" % (" ".join(arguments), (got.out + got.err).decode("utf-8", "replace")[-600:]))
    return got.out.decode("utf-8", "replace")


def path(name):
    return os.path.join(box.WORKSPACE, name)


def model(data):
    at, texts = 0, []
    while at < len(data):
        if data[at] != 0x7E:
            return "1 null 0"
        if at + 1 >= len(data) or at + 2 + data[at + 1] >= len(data):
            return "2 null 0"
        body = data[at + 2:at + 2 + data[at + 1]]
        check = 0
        for byte in body:
            check ^= byte
        if check != data[at + 2 + len(body)]:
            return "1 null 0"
        if any(byte < 32 or byte > 126 for byte in body):
            return "1 null 0"
        texts.append(body.decode())
        at += 3 + len(body)
    joined = ",".join(texts)
    return "0 %d %d %s" % (len(texts), len(joined), joined)


def frame(body):
    check = 0
    for byte in body:
        check ^= byte
    return bytes([0x7E, len(body)]) + body + bytes([check])


def inputs():
    rng = random.Random(9241)
    yield b""
    yield frame(b"")
    yield frame(b"") + frame(b"a")
    yield frame(b"abc")[:-1]
    yield b"\x7e"
    yield b"\x7f\x01aa"
    yield frame(b"x\x01y")
    yield frame(b"ok") + b"\x7e\x01ab"
    yield frame(b"\x00")
    for _ in range(30):
        data = b"".join(frame(bytes(rng.randrange(33, 126) for _ in range(rng.choice((0, 3, 90, 255))))) for _ in range(rng.randrange(1, 20)))
        if rng.random() < 0.4:
            data = data[:rng.randrange(len(data))]
        yield data


def run_program(name):
    given = list(inputs())
    got = box.run([FOLDER + "/" + name], "".join(data.hex() + "\n" for data in given), cwd=FOLDER, env={"LD_LIBRARY_PATH": box.WORKSPACE})
    want = [model(data) for data in given] + ["0 0 0", "3 null 0", "3 0", "3 null 3", "threads 0"]
    box.same(name, got.out.decode("utf-8", "replace").splitlines(), want)
    box.same(name + ", status and standard error", (got.code, got.err[:300]), (0, b""))


def unchanged_sources():
    for name in ("frames.rs", "frames.h", "main.c"):
        with open("/tests/given/" + name, "rb") as ours, open(path(name), "rb") as theirs:
            if ours.read() != theirs.read():
                raise AssertionError(name + " was changed")


def builds_from_clean():
    make("clean")
    for name in ("libframes.a", "libframes.so", "sensord"):
        if os.path.exists(path(name)):
            raise AssertionError("make clean leaves " + name)
    before = sorted(os.listdir(box.WORKSPACE))
    make()
    make("clean")
    box.same("entries after make clean", sorted(os.listdir(box.WORKSPACE)), before)
    make("-j4")
    with open(FOLDER + "/program.c", "w", encoding="utf-8") as out:
        out.write(PROGRAM)
    shutil.copy("/tests/given/frames.h", FOLDER)
    box.give(FOLDER)
    for name, options in (("static", ["-L" + box.WORKSPACE, "-Wl,-Bstatic", "-lframes", "-Wl,-Bdynamic", "-lpthread", "-ldl", "-lm", "-lgcc_s", "-lc"]),
                          ("shared", [path("libframes.so"), "-lpthread"])):
        got = box.run(["gcc", "-g", "-o", name, "program.c", *options], cwd=FOLDER, timeout=box.BUILD_LIMIT)
        box.same("linking " + name, (got.code, got.err[-300:]), (0, b""))


def static_library():
    run_program("static")


def shared_library():
    run_program("shared")


def exports_are_the_interface():
    got = box.run(["nm", "-D", "--defined-only", path("libframes.so")]).out.decode()
    box.same("exports", sorted(line.split()[-1].split("@")[0] for line in got.splitlines() if line.strip() and line.split()[-2] != "A"), ["frames_check", "frames_free"])


def sensord_works():
    good, bad = frame(b"one") + frame(b"two"), frame(b"one")[:-1]
    box.same("sensord", box.run([path("sensord")], good)[:2], (0, b"2 frames: one,two\n"))
    box.same("sensord, cut", box.run([path("sensord")], bad)[:2], (2, b"frames: status 2\n"))
    needed = box.run(["readelf", "-dW", path("sensord")])
    box.same("sensord is linked with the static library", (needed.code, b"libframes" in needed.out), (0, False))


def nothing_leaks():
    run = "ulimit -v 40000; exec ./loop"
    with open(FOLDER + "/loop.c", "w", encoding="utf-8") as out:
        out.write('#include "frames.h"\n#include <stdlib.h>\n#include <string.h>\nint main(void) { static unsigned char d[25700]; for (int i = 0; i < 100; i++) { memset(d + i * 257, 0x20, 257); '
                  'd[i * 257] = 0x7e; d[i * 257 + 1] = 254; d[i * 257 + 256] = 0; } for (int i = 0; i < 2000; i++) { char *t; size_t c; '
                  'if (frames_check(d, sizeof d, &t, &c) != FRAMES_OK || c != 100) return 1; frames_free(t); } return 0; }\n')
    got = box.run(["gcc", "-O1", "-o", "loop", "loop.c", path("libframes.so")], cwd=FOLDER, timeout=box.BUILD_LIMIT)
    box.same("linking", got.code, 0)
    box.same("many calls", box.run(["bash", "-c", run], cwd=FOLDER, env={"LD_LIBRARY_PATH": box.WORKSPACE}).code, 0)


def only_what_is_needed_is_rebuilt():
    products = ("libframes.a", "libframes.so", "sensord")
    before = [os.stat(path(name)).st_mtime_ns for name in products]
    said = make("--trace")
    if any(tool in said for tool in ("rustc", "gcc", "cargo")):
        raise AssertionError("a second make runs a compiler: " + said[:300])
    box.same("products after a second make", [os.stat(path(name)).st_mtime_ns for name in products], before)

    def touched(name):
        now = time.time()
        for folder, _, names in os.walk(box.WORKSPACE):
            for each in names:
                source = each.endswith((".rs", ".c", ".h", ".toml")) or each == "Makefile"
                os.utime(os.path.join(folder, each), (now - 1000, now - 1000) if source else (now - 500, now - 500))
        os.utime(path(name), (now - 100, now - 100))
        make()
        return {one for one in products if os.stat(path(one)).st_mtime > now - 100}

    box.same("rebuilt after main.c", touched("main.c"), {"sensord"})
    box.same("sensord rebuilt after frames.h", "sensord" in touched("frames.h"), True)
    for name in ["frames.rs"] + ["ffi.rs"] * os.path.exists(path("ffi.rs")):
        box.same("rebuilt after " + name, touched(name), set(products))


box.main([unchanged_sources, builds_from_clean, static_library, shared_library, exports_are_the_interface, sensord_works, nothing_leaks, only_what_is_needed_is_rebuilt])
