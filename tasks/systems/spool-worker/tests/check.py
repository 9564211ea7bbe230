# overhang canary ad1b8730afb7e8d4115ff03c713bd957
import collections
import os
import signal
import subprocess
import time

import box

SCRIPT = box.WORKSPACE + "/spool.sh"
# Writes one line when it starts and one when it ends; a job's content says how long it takes (or that it waits for
# `go`, so that a slow machine changes nothing) and how it ends.
HANDLER = """#!/bin/bash
read -r pause status < "$1"
printf 'begin %s\\n' "${1##*/}" >> "$TRACE"
while [ "$pause" = wait ] && [ ! -e "$TRACE.go" ]; do sleep 0.05; done
[ "$pause" = wait ] || sleep "$pause"
[ -f "$1" ] || printf 'lost %s\\n' "${1##*/}" >> "$TRACE"
[ -z "$(cat)" ] || printf 'input %s\\n' "${1##*/}" >> "$TRACE"
printf 'end %s\\n' "${1##*/}" >> "$TRACE"
exit "$status"
"""
ODD = ["two words", "-n", "--drain", "star*", "quote'\"", "$HOME", "a;b", "back\\slash", "ümlaut", " lead", "[x]"]


class Spool:
    def __init__(self, jobs, folders=("new", "active", "done", "failed")):
        files = {"handler dir/handler": HANDLER, "trace": ""}
        files.update({"the spool/new/" + name: content + "\n" for name, content in jobs.items()})
        self.top = box.scratch(files)
        self.path = self.top + "/the spool"
        self.handler = self.top + "/handler dir/handler"
        os.chmod(self.handler, 0o755)
        for folder in folders:
            os.makedirs(os.path.join(self.path, folder), exist_ok=True)
        box.give(self.top)

    def add(self, name, content):
        self_path = os.path.join(self.path, "new", name)
        with open(os.path.join(self.path, ".adding"), "w", encoding="utf-8") as out:
            out.write(content + "\n")
        os.chown(os.path.join(self.path, ".adding"), box.UID, box.UID)
        os.rename(os.path.join(self.path, ".adding"), self_path)

    def start(self, *options):
        return box.start(["bash", SCRIPT, *options, self.path, self.handler], subprocess.PIPE, subprocess.DEVNULL,
                         subprocess.DEVNULL, env={"TRACE": self.top + "/trace"})

    def trace(self):
        with open(self.top + "/trace", encoding="utf-8") as lines:
            return [tuple(line.rstrip("\n").split(" ", 1)) for line in lines]

    def go(self):
        open(self.top + "/trace.go", "wb").close()

    def names(self, folder):
        return sorted(os.listdir(os.path.join(self.path, folder)))

    def await_trace(self, event, seconds=box.PROGRAM_LIMIT):
        wait_for(lambda: event in self.trace(), "no %s in the handler's trace" % (event,), seconds)

    def no_overlap(self):
        running = set()
        for kind, name in self.trace():
            if kind == "begin":
                if name in running:
                    raise AssertionError("%r was handled twice at a time" % name)
                running.add(name)
            elif kind == "end":
                running.discard(name)
            else:
                raise AssertionError("handler of %r: %s" % (name, kind))

    def handled(self):
        return collections.Counter(name for kind, name in self.trace() if kind == "begin")

    def nothing_else(self):
        extra = {name for name in os.listdir(self.path) if not name.startswith(".")} - {"new", "active", "done", "failed"}
        box.same("other files in the spool", extra, set())


def wait_for(condition, complaint, seconds=box.PROGRAM_LIMIT):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(complaint)
        time.sleep(0.02)


def finish(worker, label, seconds=box.PROGRAM_LIMIT):
    try:
        box.same(label + ", status", worker.wait(seconds), 0)
    except subprocess.TimeoutExpired:
        raise AssertionError(label + ": still running")
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def jobs_go_where_they_belong():
    jobs = {name: "0 0" for name in ODD}
    jobs.update({"bad": "0 1", "worse": "0 77", "again": "0 0", ".part": "0 0"})
    spool = Spool(jobs, folders=())
    finish(spool.start("--drain"), "drain")
    whole = {name for name in jobs if name != ".part"}
    box.same("done", spool.names("done"), sorted(whole - {"bad", "worse"}))
    box.same("failed", spool.names("failed"), ["bad", "worse"])
    box.same("new", spool.names("new"), [".part"])
    box.same("order", [name.encode() for kind, name in spool.trace() if kind == "begin"],
             sorted(name.encode() for name in whole))
    spool.add("again", "0 5")
    spool.add("bad", "0 0")
    finish(spool.start("--drain"), "second drain")
    box.same("failed, second time", spool.names("failed"), ["again", "bad", "worse"])
    with open(spool.path + "/done/bad", encoding="utf-8") as again:
        box.same("content of done/bad", again.read(), "0 0\n")
    spool.no_overlap()
    spool.nothing_else()


def many_workers_share():
    spool = Spool({"job %03d" % i: "0.02 %d" % (i % 5 == 0) for i in range(60)})
    workers = [spool.start("--drain") for _ in range(5)]
    for worker in workers:
        finish(worker, "one of five workers")
    box.same("times handled", set(spool.handled().values()), {1})
    box.same("done and failed", (len(spool.names("done")), len(spool.names("failed"))), (48, 12))
    box.same("active", spool.names("active"), [])
    spool.no_overlap()
    spool.nothing_else()


def a_stopped_worker_finishes_its_job():
    for number in (signal.SIGTERM, signal.SIGINT):
        spool = Spool({"a": "wait 0", "b": "0 0"})
        worker = spool.start()
        spool.await_trace(("begin", "a"))
        os.kill(worker.pid, number)
        time.sleep(0.5)
        spool.go()
        finish(worker, "worker after %s" % number.name)
        box.same("trace", spool.trace(), [("begin", "a"), ("end", "a")])
        box.same("done, new", (spool.names("done"), spool.names("new")), (["a"], ["b"]))


def quickest(label, limit, attempt):
    """The shortest time of up to four attempts has to be within the limit, so that a machine that stalls now and then changes nothing."""
    times = []
    while len(times) < 4 and min(times, default=limit) >= limit:
        times.append(attempt(len(times)))
    box.same("%s (%.1f s at best)" % (label, min(times)), min(times) < limit, True)


def an_idle_worker_waits_and_stops():
    spool = Spool({})
    worker = spool.start()

    def looks(number):
        name = "late %d" % number
        time.sleep(1)
        began = time.monotonic()
        spool.add(name, "0 0")
        spool.await_trace(("begin", name))
        took = time.monotonic() - began
        wait_for(lambda: name in spool.names("done"), name + " is not in done")
        return took
    quickest("a job is found while idle", 3, looks)

    def stops(number):
        idle = worker if number == 0 else spool.start()
        # Once it has done a job it is ready for signals.
        looks(10 + number)
        time.sleep(1)
        began = time.monotonic()
        os.kill(idle.pid, signal.SIGTERM)
        finish(idle, "idle worker after SIGTERM")
        return time.monotonic() - began
    quickest("an idle worker stops", 3, stops)


def a_dead_workers_job_is_done_again():
    spool = Spool({"x": "wait 0", "y": "0 0"})
    worker = spool.start()
    spool.await_trace(("begin", "x"))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    finish(spool.start("--drain"), "drain beside the handler left over")
    box.same("done beside the handler left over", spool.names("done"), ["y"])
    box.same("active beside the handler left over", spool.names("active"), ["x"])
    waiting = spool.start()
    time.sleep(0.5)
    spool.go()
    spool.await_trace(("end", "x"))
    wait_for(lambda: "x" in spool.names("done"), "x was not done again")
    os.kill(waiting.pid, signal.SIGTERM)
    finish(waiting, "worker after the second try")
    box.same("times handled", spool.handled(), {"x": 2, "y": 1})
    spool.no_overlap()


def an_orphan_from_an_earlier_boot_is_taken():
    spool = Spool({})
    spool.add("old", "0 0")
    os.rename(spool.path + "/new/old", spool.path + "/active/old")
    finish(spool.start("--drain"), "drain")
    box.same("done", spool.names("done"), ["old"])


def a_live_workers_job_is_left_alone():
    spool = Spool({"slow": "wait 0"})
    first = spool.start("--drain")
    spool.await_trace(("begin", "slow"))
    for _ in range(3):
        finish(spool.start("--drain"), "drain beside a live worker")
    spool.go()
    finish(first, "the live worker")
    box.same("times handled", spool.handled(), {"slow": 1})
    box.same("done", spool.names("done"), ["slow"])


def arguments_are_checked():
    spool = Spool({})
    for arguments in ([], [spool.path], [spool.path, spool.handler, "more"], ["--drain"], ["--drain", spool.path]):
        box.same("status of %s" % arguments, box.run(["bash", SCRIPT] + arguments).code, 2)


box.main([jobs_go_where_they_belong, many_workers_share, a_stopped_worker_finishes_its_job,
          an_idle_worker_waits_and_stops, a_dead_workers_job_is_done_again,
          an_orphan_from_an_earlier_boot_is_taken, a_live_workers_job_is_left_alone, arguments_are_checked])
