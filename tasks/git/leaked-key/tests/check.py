# overhang canary cd6bb9e2301d9da2cc008b6501c506c5
import hashlib
import os
import re
import subprocess
import tempfile

import box

REPOSITORY = box.WORKSPACE + "/weather"
KEY = b"wk-live-7Q2mXz81"
HIDDEN = b"x" * 16


def git(*arguments):
    got = box.run(["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/nonexistent", *arguments], cwd=REPOSITORY)
    box.same("git %s, status" % " ".join(arguments), (got.code, got.err.decode()[:200] if got.code else ""), (0, ""))
    return got.out


def original():
    """Objects and references of the repository as it was handed out."""
    top = tempfile.mkdtemp()
    subprocess.run(["bash", "/tests/make-history.sh"], cwd=top, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, timeout=20)

    def ask(*arguments):
        return subprocess.run(["git", *arguments], cwd=top + "/weather", check=True, stdout=subprocess.PIPE).stdout
    objects = {}
    for line in ask("cat-file", "--batch-check=%(objectname) %(objecttype)", "--batch-all-objects").decode().splitlines():
        name, kind = line.split()
        objects[name] = (kind, ask("cat-file", kind, name))
    references = [line.split() for line in ask("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads",
                                               "refs/tags").decode().splitlines()]
    return objects, {name: value for value, name in references}


def rewritten(objects, references):
    """What the references should be: every object rebuilt without the key, from the leaves up."""
    done = {}

    def new(name):
        if name not in done:
            kind, body = objects[name]
            if kind == "tree":
                parts, at = [], 0
                while at < len(body):
                    stop = body.index(b"\0", at)
                    parts.append(body[at:stop + 1] + bytes.fromhex(new(body[stop + 1:stop + 21].hex())))
                    at = stop + 21
                body = b"".join(parts)
            elif kind in ("commit", "tag"):
                head, blank, message = body.partition(b"\n\n")
                head = re.sub(rb"(?m)^(tree|parent|object) ([0-9a-f]{40})$",
                              lambda m: m[1] + b" " + new(m[2].decode()).encode(), head)
                body = head + blank + message.replace(KEY, HIDDEN)
            else:
                body = body.replace(KEY, HIDDEN)
            done[name] = hashlib.sha1(b"%s %d\0" % (kind.encode(), len(body)) + body).hexdigest()
        return done[name]
    return {name: new(value) for name, value in references.items()}


def history_is_as_it_should_be():
    lines = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags").decode().splitlines()
    got = {name: value for value, name in (line.split() for line in lines)}
    want = rewritten(*original())
    box.same("names of branches and tags", sorted(got), sorted(want))
    for name in sorted(want):
        box.same(name, got[name], want[name])


def head_is_clean():
    box.same("HEAD", git("symbolic-ref", "HEAD").strip(), b"refs/heads/main")
    box.same("working tree", git("status", "--porcelain"), b"")
    box.same("fsck", box.run(["git", "fsck", "--full"], cwd=REPOSITORY).code, 0)


def no_object_has_the_key():
    everything = git("cat-file", "--batch", "--batch-all-objects", "--unordered")
    box.same("objects with the key", everything.count(KEY), 0)
    box.same("all objects were read", everything.count(b"\n") > 60, True)


def no_file_has_the_key():
    for folder, _, names in os.walk(REPOSITORY):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as source:
                    box.same("key in " + path, KEY in source.read(), False)
    for name in git("rev-list", "--all", "--reflog").split():
        box.same("key in a reachable commit", KEY in git("cat-file", "commit", name.decode()), False)


box.main([history_is_as_it_should_be, head_is_clean, no_object_has_the_key, no_file_has_the_key])
