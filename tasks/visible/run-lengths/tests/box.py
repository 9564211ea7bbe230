# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
"""Runs what was handed in, away from the verifier.

Programs run as an unprivileged user who can neither read /tests nor write the
reward, each in its own session, with bounded time and output. Expected values
never leave the checker's own process.
"""
import collections
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

UID = 65534
WORKSPACE = "/workspace"
OUTPUT_LIMIT = 16 << 20
# Seconds that a program gets, and a compiler: many times what they need, since machines differ.
PROGRAM_LIMIT = 20
BUILD_LIMIT = 45
Result = collections.namedtuple("Result", "code out err")


def give(top):
    """Hands a tree over to the unprivileged user; links are not followed."""
    os.lchown(top, UID, UID)
    if os.path.islink(top):
        return
    os.chmod(top, os.stat(top).st_mode | 0o700)
    for folder, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(folder, name)
            os.lchown(path, UID, UID)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode | (0o700 if name in names else 0o600))


def scratch(files=None):
    """A new directory owned by the unprivileged user, holding `files` (name to text or bytes)."""
    top = tempfile.mkdtemp(prefix="graded-")
    for name, content in (files or {}).items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
    give(top)
    return top


def _limits():
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_LIMIT, OUTPUT_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def start(argv, stdin=None, stdout=None, stderr=None, cwd=WORKSPACE, env=None):
    """Starts a program as the unprivileged user, in a session of its own."""
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/tmp"}
    return subprocess.Popen(
        argv, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd, env={**base, **(env or {})},
        user=UID, group=UID, extra_groups=[], start_new_session=True, preexec_fn=_limits)


def run(argv, stdin=b"", timeout=PROGRAM_LIMIT, cwd=WORKSPACE, env=None):
    """Runs a program to its end; `code` is None if it had to be killed for its time."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        process = start(argv, given, out, err, cwd, env)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        out.seek(0)
        err.seek(0)
        return Result(code, out.read(), err.read())


def kill_all():
    """Kills every process of the unprivileged user, whatever session it moved to."""
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.stat("/proc/" + entry).st_uid == UID:
                os.kill(int(entry), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass


def same(label, got, want):
    """Fails unless both values are equal; shows the start of each."""
    if got != want:
        raise AssertionError("%s: got %.300r, want %.300r" % (label, got, want))


def main(checks):
    """Runs the checks; the exit status is 0 if none failed, 1 if one did. After 10 s the first failure is the last."""
    began, failed = time.monotonic(), 0
    give(WORKSPACE)
    for check in checks:
        try:
            check()
            print("ok  ", check.__name__, flush=True)
        except Exception as problem:
            failed += 1
            print("FAIL", check.__name__, "-", type(problem).__name__, problem, flush=True)
        # Programs that hang one after another must lead to a verdict, not to the verifier's own limit.
        if failed and time.monotonic() - began > 10:
            break
    kill_all()
    sys.exit(1 if failed or not checks else 0)
