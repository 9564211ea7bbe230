# overhang canary f0535d807cadb8c1850205db15cfdc56
import os

import box

REPOSITORY = box.WORKSPACE + "/kiosk"
# make-history.sh sets all names and dates, so that these are the same in every image made with it.
RESCUED = "174daef911b13a788844eba817edcad625701549"
MAIN = "f1566e14197dc8b3b996d64b0d27b7a189aacd51"
OBJECTS = 28


def git(*arguments):
    got = box.run(["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/nonexistent", *arguments], cwd=REPOSITORY)
    box.same("git %s, status" % " ".join(arguments), (got.code, got.err.decode()[:200] if got.code else ""), (0, ""))
    return got.out.decode()


def branch_is_the_lost_commit():
    want = ["printer: cut the paper at the end", "printer: cut long lines", "printer: width of the paper", "sell tickets", "start"]
    box.same("subjects", git("log", "--format=%s", "rescued").splitlines(), want)
    box.same("committer dates", git("log", "-3", "--format=%ct %an", "rescued").splitlines(),
             ["1772450100 Kim", "1772446800 Kim", "1772446200 Kim"])
    text = git("show", "rescued:printer.py")
    box.same("printer.py", text, 'WIDTH = 32\n\n\ndef line(text):\n    return text[:WIDTH]\n\n\ndef finish(cut=False):\n'
             '    # try 2\n    return "\\x1dV"\n')
    box.same("files", git("ls-tree", "-r", "--name-only", "rescued").split(), ["README", "printer.py", "sell.py"])
    box.same("commit of the branch rescued", git("rev-parse", "refs/heads/rescued").strip(), RESCUED)


def staged_file_is_back():
    path = box.WORKSPACE + "/printer.conf"
    box.same("a plain file", os.path.isfile(path) and not os.path.islink(path), True)
    with open(path, encoding="utf-8") as source:
        box.same("printer.conf", source.read(), "retries = 5\nport = /dev/usb/lp0\n# slow printers need this\ndelay = 40\n")


def main_is_as_it_was():
    box.same("main", git("log", "--format=%s", "main").splitlines(), ["sell tickets", "start"])
    box.same("commit of main", git("rev-parse", "refs/heads/main").strip(), MAIN)
    box.same("HEAD", git("symbolic-ref", "HEAD").strip(), "refs/heads/main")
    box.same("working tree", git("status", "--porcelain", "--ignored"), "")
    box.same("files", sorted(name for name in os.listdir(REPOSITORY) if name != ".git"), ["README", "sell.py"])


def nothing_was_pruned():
    kept = git("cat-file", "--batch-check=%(objecttype)", "--batch-all-objects").split()
    box.same("commits kept", kept.count("commit") >= 9, True)
    box.same("objects kept", len(kept) >= OBJECTS, True)


box.main([branch_is_the_lost_commit, staged_file_is_back, main_is_as_it_was, nothing_was_pruned])
