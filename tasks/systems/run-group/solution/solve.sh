#!/bin/bash
# overhang canary f10c099c454b2e0dac1c873a12462d7f
set -e
cat > rungroup <<'END'
#!/usr/bin/env python3
# overhang canary f10c099c454b2e0dac1c873a12462d7f
import os
import re
import selectors
import signal
import subprocess
import sys
import time

USAGE = "usage: rungroup [--grace SECONDS] FILE"


class Mistake(Exception):
    pass


class Program:
    def __init__(self, name, may_end, command):
        self.name, self.may_end, self.command = name, may_end, command
        self.rest = b""
        self.status = None

    def start(self):
        self.process = subprocess.Popen(["bash", "-c", self.command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0, process_group=0)
        self.pipe = self.process.stdout
        os.set_blocking(self.pipe.fileno(), False)

    def kill(self, number):
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def group_alive(self):
        """Whether a process other than a zombie is left in the program's group."""
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open("/proc/%s/stat" % entry, encoding="latin-1") as stat:
                        state, _, group = stat.read().rsplit(")", 1)[1].split()[:3]
                except OSError:
                    continue
                if int(group) == self.process.pid and state not in "ZX":
                    return True
        return False

    def drain(self):
        """Writes the complete lines that are there; False at the end of the output."""
        while True:
            try:
                block = self.pipe.read(1 << 16)
            except BlockingIOError:
                return True
            if block is None:
                return True
            if not block:
                return False
            head, newline, tail = block.rpartition(b"\n")
            if newline:
                self.write((self.rest + head).split(b"\n"))
                self.rest = tail
            else:
                self.rest += block

    def finish(self):
        if self.rest:
            self.write([self.rest])
        self.rest = b""

    def write(self, lines):
        label = self.name.encode() + b" | "
        data = b"".join(label + line + b"\n" for line in lines)
        while data:
            data = data[os.write(1, data):]


def parse(path):
    programs = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as source:
            lines = source.read().split("\n")
    except OSError as problem:
        raise Mistake(str(problem))
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9_-]+)(\??):[ \t]*(.*)", line, re.S)
        if not match:
            raise Mistake("does not fit: " + line)
        if any(program.name == match[1] for program in programs):
            raise Mistake("named twice: " + match[1])
        programs.append(Program(match[1], match[2] == "?", match[3]))
    if not programs:
        raise Mistake("no programs in " + path)
    return programs


def arguments(words):
    grace = 5.0
    if len(words) == 3 and words[0] == "--grace" and re.fullmatch(r"[0-9]+(\.[0-9]+)?", words[1]):
        grace = float(words[1])
        words = words[2:]
    if len(words) != 1 or words[0].startswith("--"):
        raise Mistake(USAGE)
    return grace, words[0]


def supervise(programs, grace):
    got = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda n, frame: got.append(n))
    selector = selectors.DefaultSelector()
    for program in programs:
        program.start()
        selector.register(program.pipe, selectors.EVENT_READ, program)
    status = kill_at = killed = empty_since = None
    while True:
        if not selector.get_map():
            time.sleep(0.05)
        for key, _ in selector.select(0.05) if selector.get_map() else ():
            if not key.data.drain():
                key.data.finish()
                selector.unregister(key.fileobj)
        for program in programs:
            if program.status is None and program.process.poll() is not None:
                code = program.process.returncode
                program.status = code if code >= 0 else 128 - code
                if status is None and not (program.may_end and program.status == 0):
                    status = program.status
        if status is None and all(program.status is not None for program in programs):
            status = 0
        if got:
            status = 128 + got[0]
        if status is None:
            continue
        if kill_at is None:
            kill_at = time.monotonic() + grace
            for program in programs:
                program.kill(signal.SIGTERM)
        if not killed and (len(got) > 1 or time.monotonic() >= kill_at):
            killed = True
            for program in programs:
                program.kill(signal.SIGKILL)
        if any(program.status is None or program.group_alive() for program in programs):
            continue
        empty_since = empty_since or time.monotonic()
        if not selector.get_map() or time.monotonic() > empty_since + 0.7:
            for key in list(selector.get_map().values()):
                key.data.drain()
                key.data.finish()
            return status


def main():
    try:
        grace, path = arguments(sys.argv[1:])
        programs = parse(path)
    except Mistake as mistake:
        sys.stderr.write("rungroup: %s\n" % mistake)
        return 2
    return supervise(programs, grace)


sys.exit(main())
END
chmod +x rungroup
