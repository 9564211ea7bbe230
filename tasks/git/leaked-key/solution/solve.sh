#!/bin/bash
# overhang canary cd6bb9e2301d9da2cc008b6501c506c5
set -e
cd weather
cat > /tmp/rewrite.py <<'END'
# overhang canary cd6bb9e2301d9da2cc008b6501c506c5
"""Writes every object anew without the key, from the leaves up, and moves branches and tags."""
import re
import subprocess

KEY, HIDDEN = b"wk-live-7Q2mXz81", b"x" * 16


def git(*arguments, data=b""):
    return subprocess.run(["git", *arguments], input=data, check=True, stdout=subprocess.PIPE).stdout


done = {}


def new(name):
    if name in done:
        return done[name]
    kind = git("cat-file", "-t", name).strip().decode()
    old = body = git("cat-file", kind, name)
    if kind == "blob":
        body = body.replace(KEY, HIDDEN)
    elif kind == "tree":
        parts, at = [], 0
        while at < len(body):
            stop = body.index(b"\0", at) + 1
            parts.append(body[at:stop] + bytes.fromhex(new(body[stop:stop + 20].hex())))
            at = stop + 20
        body = b"".join(parts)
    else:
        head, blank, message = body.partition(b"\n\n")
        head = re.sub(rb"(?m)^(tree|parent|object) ([0-9a-f]{40})$",
                      lambda m: m[1] + b" " + new(m[2].decode()).encode(), head)
        body = head + blank + message.replace(KEY, HIDDEN)
    done[name] = name if body == old else git("hash-object", "-t", kind, "-w", "--stdin", data=body).strip().decode()
    return done[name]


for line in git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags").decode().splitlines():
    value, reference = line.split()
    git("update-ref", reference, new(value))
END
git stash clear
git update-ref -d refs/notes/commits
python3 /tmp/rewrite.py
git reset -q --hard
git for-each-ref --format='%(refname)' | grep -Ev '^refs/(heads|tags)/' | xargs -r -n 1 git update-ref -d
rm -f .git/ORIG_HEAD .git/FETCH_HEAD
git reflog expire --expire=now --expire-unreachable=now --all
git repack -q -a -d
git prune --expire=now
git gc -q --prune=now
git log --oneline --graph --all | cat
