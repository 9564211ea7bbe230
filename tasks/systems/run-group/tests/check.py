# overhang canary f10c099c454b2e0dac1c873a12462d7f
import os
import signal
import subprocess
import time

import box

PROGRAM = box.WORKSPACE + "/rungroup"
# Programs wait for each other's files rather than for a time, so that a slow machine changes nothing.
WHEN_A_IS_UP = "until [ -s a.pid ]; do sleep 0.05; done; "


class Running:
    """A rungroup under way, its output in a file."""

    def __init__(self, lines, *options):
        self.folder = box.scratch({"group": "".join(line + "\n" for line in lines)})
        self.out = open(self.folder + "/out", "w+b")
        self.began = time.monotonic()
        self.process = box.start([PROGRAM, *options, self.folder + "/group"], subprocess.PIPE, self.out,
                                 subprocess.DEVNULL, cwd=self.folder)

    def text(self):
        with open(self.folder + "/out", "rb") as written:
            return written.read()

    def await_text(self, part, seconds=box.PROGRAM_LIMIT):
        end = time.monotonic() + seconds
        while part not in self.text():
            if time.monotonic() > end:
                raise AssertionError("no %r in the output: %.300r" % (part, self.text()))
            time.sleep(0.02)

    def end(self, seconds=box.PROGRAM_LIMIT):
        """Status, output and seconds it took."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("still running after %d s; output %.300r" % (seconds, self.text()))
        finally:
            took = time.monotonic() - self.began
            box.kill_all()
            self.process.wait()
        return code, self.text(), took

    def since(self, name):
        """Seconds since a program wrote the time to a file, as `date +%s.%N > NAME` does."""
        with open(os.path.join(self.folder, name), encoding="ascii") as written:
            return time.time() - float(written.read())

    def pid(self, name):
        with open(os.path.join(self.folder, name), encoding="ascii") as written:
            return int(written.read())


def within(label, low, high, attempt):
    """Never sooner than after `low` seconds, and before `high` in one of three attempts: a machine may stall now and then."""
    for _ in range(3):
        took = attempt()
        if not low < took:
            break
        if took < high:
            return
    raise AssertionError("%s: %.1f s" % (label, took))


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def of(name, text):
    return b"".join(line + b"\n" for line in text.split(b"\n")[:-1] if line.startswith(name + b" | "))


def output_is_labelled():
    lines = ["# comment", "", r"a?: printf 'one\ntwo\n\n'; printf 'err\n' >&2; printf 'end\377'",
             r"b-2_?:cat; printf '  x: y\n'", "c?:  \t (sleep 0.2; echo child)"]
    code, text, _ = Running(lines).end()
    box.same("status", code, 0)
    box.same("a", of(b"a", text), b"a | one\na | two\na | \na | err\na | end\xff\n")
    box.same("b-2_", of(b"b-2_", text), b"b-2_ |   x: y\n")
    box.same("c", of(b"c", text), b"c | child\n")
    box.same("number of lines", text.count(b"\n"), 7)


def lines_come_at_once():
    running = Running(["a: echo first; printf half; sleep 1; echo second; sleep 20"])
    running.await_text(b"a | first\n")
    running.await_text(b"a | halfsecond\n")
    running.process.send_signal(signal.SIGTERM)
    box.same("status", running.end()[0], 143)


def long_lines_do_not_mix():
    program = "for i in 0 1 2 3 4 5; do head -c 700000 /dev/zero | tr '\\0' %s; echo $i; done"
    code, text, _ = Running(["%s?: %s" % (c, program % c) for c in "xyz"]).end()
    box.same("status", code, 0)
    for name in (b"x", b"y", b"z"):
        want = b"".join(name + b" | " + name * 700000 + b"%d\n" % i for i in range(6))
        box.same("lines of %r are whole" % name, of(name, text) == want, True)
    box.same("length", len(text), 3 * 6 * (700000 + 6))


def first_end_stops_all():
    lines = ["a: trap 'echo bye; exit 9' TERM; echo up; echo $$ > a.pid; sleep 30 & wait", "b: " + WHEN_A_IS_UP + "exit 7", "c: sleep 40"]
    code, text, took = Running(lines, "--grace", "18").end()
    box.same("status", code, 7)
    box.same("output", text, b"a | up\na | bye\n")
    box.same("sooner than the grace", took < 12, True)
    code, _, _ = Running(["a: sleep 30", "b: sleep 0.3; exit 0"]).end()
    box.same("status of a good end", code, 0)
    code, _, _ = Running(["a: sleep 30", "b: sleep 0.3; kill -KILL $$"]).end()
    box.same("status of a killed program", code, 137)
    code, _, _ = Running(["a?: sleep 0.3; exit 3", "b: sleep 30"]).end()
    box.same("status of a failed NAME?", code, 3)


def programs_that_may_end():
    running = Running(["a?: true", "b: echo up; sleep 1; echo later; exit 4"])
    code, text, took = running.end()
    box.same("status and output", (code, text), (4, b"b | up\nb | later\n"))
    code, text, _ = Running(["a?: echo 1", "b?: sleep 0.3; echo 2"]).end()
    box.same("all may end", (code, sorted(text.split())), (0, sorted(b"a | 1 b | 2".split())))


def grace_and_kill():
    lines = ["a: trap '' TERM; echo $$ > a.pid; echo up; while :; do sleep 0.2; done", "b: " + WHEN_A_IS_UP + "date +%s.%N > b.end; exit 5"]

    def stubborn():
        running = Running(lines, "--grace", "1")
        code = running.end()[0]
        took = running.since("b.end")
        box.same("status", code, 5)
        box.same("a is gone", alive(running.pid("a.pid")), False)
        return took
    within("after the grace", 0.9, 4.5, stubborn)
    running = Running(lines[:1] + ["b: sleep 60"], "--grace", "40")
    running.await_text(b"up")
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    box.same("runs on in its grace", running.process.poll(), None)
    running.process.send_signal(signal.SIGTERM)
    code = running.end()[0]
    box.same("status after a second signal", code, 130)


def children_in_the_group():
    lines = ["a: sleep 60 & echo $! > a.pid; echo up; wait", "b: " + WHEN_A_IS_UP + "exit 6"]
    running = Running(lines)
    box.same("status", running.end()[0], 6)
    box.same("a's child is gone", alive(running.pid("a.pid")), False)
    lines = ["a: exec 2>/dev/null; (trap 'sleep 0.5; echo child ends; exit 0' TERM; echo $BASHPID > a.pid; while :; do sleep 0.1; done) & " + WHEN_A_IS_UP + "exit 8"]
    running = Running(lines, "--grace", "15")
    code, text, _ = running.end()
    box.same("status and output of a child that outlives its program", (code, text), (8, b"a | child ends\n"))
    lines = ["a?: (trap '' TERM; echo $BASHPID > a.pid; exec sleep 60) > /dev/null 2>&1 & " + WHEN_A_IS_UP + "exit 0", "b: " + WHEN_A_IS_UP + "sleep 0.3; date +%s.%N > b.end; exit 9"]

    def stubborn():
        running = Running(lines, "--grace", "0.5")
        code = running.end()[0]
        took = running.since("b.end")
        box.same("status with a stubborn child", code, 9)
        return took
    within("after the grace of a child", 0.4, 4.5, stubborn)


def other_sessions_are_not_waited_for():
    def left():
        running = Running(["a: setsid sleep 60 & sleep 0.3; echo done; date +%s.%N > a.end; exit 2"])
        code, text, _ = running.end()
        took = running.since("a.end")
        box.same("status and output", (code, text), (2, b"a | done\n"))
        return took
    within("soon", -1, 4.5, left)


def signals_stop_the_group():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        running = Running(["a: exec 2>/dev/null; trap 'echo term; exit 0' TERM; echo up; while :; do sleep 0.1; done", "b?: sleep 30"])
        running.await_text(b"up")
        running.process.send_signal(number)
        code, text, _ = running.end()
        box.same("status and output after %s" % number.name, (code, text), (128 + number, b"a | up\na | term\n"))


def mistakes():
    good = "a: touch started"
    for lines, options in (([good, "b"], []), ([good, "b c: true"], []), ([good, "a?: true"], []), ([good, ": true"], []),
                           ([], []), (["# none"], []), ([good], ["--grace"]), ([good], ["--grace", "x"]), ([good], ["--fast"]),
                           ([good], ["--grace", "-1"]), ([good], ["more"]), ([good, " b: true"], [])):
        folder = box.scratch({"group": "".join(line + "\n" for line in lines)})
        got = box.run([PROGRAM, *options, "group"], cwd=folder)
        box.same("%s %s" % (lines, options), (got.code, got.out, bool(got.err), os.path.exists(folder + "/started")),
                 (2, b"", True, False))
    got = box.run([PROGRAM, "/nonexistent/file"])
    box.same("no file", (got.code, got.out, bool(got.err)), (2, b"", True))
    box.same("no arguments", box.run([PROGRAM]).code, 2)


box.main([output_is_labelled, lines_come_at_once, long_lines_do_not_mix, first_end_stops_all, programs_that_may_end,
          grace_and_kill, children_in_the_group, other_sessions_are_not_waited_for, signals_stop_the_group, mistakes])
