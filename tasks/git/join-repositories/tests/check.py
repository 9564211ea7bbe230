# overhang canary 60af3267c798011de8e02c3c521b3b94
import os
import random
import shutil
import subprocess

import box

GIT = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


def git(path, *arguments, stdin=b"", env=None, keep=False):
    done = subprocess.run(["git", "-C", path, *arguments], input=stdin, capture_output=True, env={"PATH": "/usr/bin:/bin", **GIT, **(env or {})}, timeout=20)
    if done.returncode:
        raise AssertionError("git %s: %s" % (" ".join(arguments[:3]), done.stderr.decode("utf-8", "replace")[:300]))
    return done.stdout if keep else done.stdout.decode("utf-8", "surrogateescape").strip("\n")


class Repository:
    """Made with plumbing, so that odd content and times are as written here."""

    def __init__(self, path, rng, name, count, clock):
        self.path, self.name, self.commits, self.tags = path, name, [], {}
        os.makedirs(path)
        git(path, "init", "-q", "-b", "main")
        files, parent, known = {}, None, -1
        for number in range(count):
            for _ in range(rng.randrange(1, 3)):
                where = rng.choice(["a.txt", "dir/b c.txt", "ümlaut", "-n", ".gitignore", ".gitattributes", "dir/sub/x.log", "run.sh", "link"])
                if where in files and rng.random() < 0.3 and len(files) > 1:
                    del files[where]
                    continue
                content = {".gitignore": b"*.log\nrun.sh\n", ".gitattributes": b"* text=auto eol=crlf\n", "link": b"no/where"}.get(where, b"%d of %s\r\nmore\n" % (number, name.encode()))
                mode = {"run.sh": "100755", "link": "120000"}.get(where, "100644")
                files[where] = (mode, git(path, "hash-object", "-w", "--no-filters", "--stdin", stdin=content))
            env = {"GIT_INDEX_FILE": path + "/.git/made"}
            if os.path.exists(path + "/.git/made"):
                os.remove(path + "/.git/made")
            git(path, "update-index", "-z", "--index-info", stdin=b"".join(b"%s %s\t%s\0" % (m.encode(), h.encode(), f.encode()) for f, (m, h) in files.items()), env=env)
            tree = git(path, "write-tree", env=env)
            clock += rng.choice((0, 0, 60, 3600, -4000))
            message = rng.choice([b"", b"one line", b"one line\n", b"subject\n\nbody\n\n\n", b"# not a comment\n", b"  indented\n\ttabbed\n", "grüße\n".encode(), b"from 123 <x>\ncommitter y\n", b"\n\nstarts late\n", b"parent 0000\n\ntree\n"])
            raw = b"tree %s\n" % tree.encode()
            if parent:
                raw += b"parent %s\n" % parent.encode()
            raw += "author {0} <{1}> {2} {3}\ncommitter Cé O'Mitter <c@x> {4} {5}\n\n".format(
                rng.choice(("Ann", "Bø B. Ø")), rng.choice(("a@x", "")), clock - rng.randrange(99999), rng.choice(("+0200", "-0930")), clock, rng.choice(("+0000", "+1400", "-1200"))).encode() + message
            parent = git(path, "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
            known = max(known, clock)
            self.commits.append((known, parent, tree, raw))
        git(path, "update-ref", "refs/heads/main", parent)
        if count > 4:
            for number, tag in enumerate(("v1", "v2-é", "deep/er")):
                target = self.commits[rng.randrange(count)][1]
                if number == 1:
                    git(path, "update-ref", "refs/tags/" + tag, target)
                    self.tags[tag] = (target, None)
                else:
                    body = b"tagger T G <t@x> 1650000000 +0545\n\nmessage of %s\n\n# kept\n" % tag.encode()
                    made = git(path, "hash-object", "-t", "tag", "-w", "--stdin", stdin=b"object %s\ntype commit\ntag %s\n" % (target.encode(), tag.encode()) + body)
                    git(path, "update-ref", "refs/tags/" + tag, made)
                    self.tags[tag] = (target, body)
            tree_tag = git(path, "rev-parse", parent + "^{tree}")
            git(path, "update-ref", "refs/tags/a-tree", tree_tag)
            side = git(path, "hash-object", "-t", "commit", "-w", "--stdin", stdin=b"tree %s\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nside" % tree_tag.encode())
            git(path, "update-ref", "refs/tags/side", side)
        git(path, "reset", "-q", "--hard", env={"GIT_ATTR_NOSYSTEM": "1"})
        self.before = self.state()

    def state(self):
        return git(self.path, "for-each-ref"), git(self.path, "cat-file", "--batch-check", "--batch-all-objects", "--unordered").count("\n"), sorted(os.listdir(self.path)), open(self.path + "/.git/config").read(), open(self.path + "/.git/HEAD").read()


def expected(app, lib):
    merged, a, b = [], 0, 0
    while a < len(app.commits) or b < len(lib.commits):
        if b == len(lib.commits) or a < len(app.commits) and app.commits[a][0] <= lib.commits[b][0]:
            merged.append(("app", app.commits[a]))
            a += 1
        else:
            merged.append(("lib", lib.commits[b]))
            b += 1
    return merged


def people_and_message(raw):
    head, _, message = raw.partition(b"\n\n")
    return [line for line in head.split(b"\n") if line.startswith((b"author ", b"committer "))], message


# What a user may have set up that meddles with every commit.
MEDDLING = "#!/bin/sh\ntest -z \"$1\" || echo meddled >> \"$1\"\n"
TEMPLATE = {"home/template/info/exclude": "*\n", "home/template/info/attributes": "* text=auto eol=lf ident\n",
            "home/template/config": "[core]\nsymlinks = false\nfileMode = false\n"}
HOOKS = ("commit-msg", "prepare-commit-msg", "applypatch-msg")


def join(label, rng, counts, clocks):
    top = box.scratch({**TEMPLATE, **{"home/hooks/" + name: MEDDLING for name in HOOKS}, "home/.gitconfig": "[user]\nname = Wrong\nemail = w@x\n[commit]\ngpgsign = true\n[tag]\ngpgsign = true\n[core]\nautocrlf = true\nhooksPath = ~/hooks\n[i18n]\ncommitEncoding = latin1\n[init]\ndefaultBranch = other\ntemplateDir = ~/template\n[safe]\ndirectory = *\n[fetch]\nprune = true\n"})
    for name in HOOKS:
        os.chmod(top + "/home/hooks/" + name, 0o755)
    app = Repository(top + "/the app", rng, "app", counts[0], clocks[0])
    lib = Repository(top + "/lib", rng, "lib", counts[1], clocks[1])
    box.give(top)
    new = top + "/new one"
    got = box.run(["bash", box.WORKSPACE + "/join.sh", app.path, lib.path, new], timeout=40, cwd=top, env={"HOME": top + "/home"})
    box.same(label + ", status", (got.code, b"" if got.code == 0 else got.err[-400:]), (0, b""))
    for one in (app, lib):
        box.same(label + ", " + one.name + " afterwards", one.state(), one.before)
    merged = expected(app, lib)
    made = git(new, "rev-list", "--reverse", "main").split("\n")
    box.same(label + ", number of commits", len(made), len(merged))
    trees, mapped = {}, {}
    for number, (commit, (side, (_, old, tree, raw))) in enumerate(zip(made, merged)):
        trees[side] = tree
        here = git(new, "cat-file", "commit", commit, keep=True)
        spot = "%s, commit %d" % (label, number + 1)
        box.same(spot + ", people and message", people_and_message(here), people_and_message(raw))
        head = here.partition(b"\n\n")[0].split(b"\n")
        box.same(spot + ", parents", [line[7:].decode() for line in head if line.startswith(b"parent ")], made[number - 1:number] if number else [])
        box.same(spot + ", headers", {line.split(b" ")[0] for line in head}, {b"tree", b"author", b"committer"} | ({b"parent"} if number else set()))
        box.same(spot + ", tree", git(new, "ls-tree", commit).split("\n"), ["040000 tree %s\t%s" % (trees[one], one) for one in sorted(trees)])
        mapped[side, old] = commit
    tags = {}
    for one in (app, lib):
        for tag, (target, body) in one.tags.items():
            tags["refs/tags/%s/%s" % (one.name, tag)] = (mapped[one.name, target], body)
    refs = dict(line.split(" ")[::-1] for line in git(new, "for-each-ref", "--format=%(objectname) %(refname)").split("\n"))
    box.same(label + ", references", sorted(refs), sorted(list(tags) + ["refs/heads/main"]))
    for name, (target, body) in tags.items():
        if body is None:
            box.same(name, refs[name], target)
        else:
            want = b"object %s\ntype commit\ntag %s\n" % (target.encode(), name[len("refs/tags/"):].encode()) + body
            box.same(name, git(new, "cat-file", "tag", refs[name], keep=True), want)
    box.same(label + ", HEAD", git(new, "symbolic-ref", "HEAD"), "refs/heads/main")
    box.same(label + ", remotes", git(new, "remote"), "")
    lines = git(new, "fsck", "--unreachable", "--no-reflogs", "--full")
    box.same(label + ", unreachable objects", [line for line in lines.split("\n") if "unreachable" in line][:3], [])
    box.same(label + ", working tree", git(new, "status", "--porcelain", "--ignored"), "")
    listed = {line for line in git(new, "ls-files", "-z").split("\0") if line}
    there = {os.path.relpath(os.path.join(folder, name), new) for folder, _, names in os.walk(new) for name in names if not os.path.relpath(folder, new).startswith(".git")}
    box.same(label + ", files", there, listed)


def small_ones():
    join("small", random.Random(80611), (3, 3), (1600000000, 1600000030))
    join("one each", random.Random(80612), (1, 1), (1600000000, 1600000000))


def tags_and_times():
    for seed in (80613,):
        join("middling", random.Random(seed), (10, 9), (1600000000, 1600000900))


def one_after_the_other():
    join("lib first", random.Random(80615), (3, 5), (1700000000, 1500000000))


box.main([small_ones, tags_and_times, one_after_the_other])
