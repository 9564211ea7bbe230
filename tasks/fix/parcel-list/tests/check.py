# overhang canary 19ed6f413d1c64f02aef54c0bb3b540f
import os
import random

import box

SCRIPT = box.WORKSPACE + "/parcels.sh"


def model(slips):
    lists, bad = {}, []
    for name in sorted(slips, key=lambda name: os.fsencode(name + ".slip")):
        lines = slips[name].split("\n")
        depot = lines[0]
        if not depot or not all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" for c in depot):
            bad.append(name)
            continue
        text = lines[1] if len(lines) > 1 else ""
        lists.setdefault(depot, []).append(text)
    return lists, bad


def sort_slips(label, slips, earlier=None, source="the in", target="out dir", near=False):
    """`near`: called beside the two folders, with nothing but their names."""
    files = {source + "/" + name + ".slip": text for name, text in slips.items()}
    files.update({target + "/" + name: text for name, text in (earlier or {}).items()})
    files[source + "/notes.txt"] = "A1\nnot a slip\n"
    files[source + "/.hidden.slip"] = "A1\nhidden\n"
    files["elsewhere/trap.slip"] = "A1\ntrap\n"
    top = box.scratch(files)
    for folder in (target, source + "/folder.slip"):
        os.makedirs(os.path.join(top, folder), exist_ok=True)
        os.chown(os.path.join(top, folder), box.UID, box.UID)
    if near:
        got = box.run(["bash", SCRIPT, source, target], cwd=top)
    else:
        got = box.run(["bash", SCRIPT, "../" + source, top + "/" + target], cwd=top + "/elsewhere")
    lists, bad = model(slips)
    want = dict(earlier or {})
    want.update({depot + ".list": "".join(line + "\n" for line in lines) for depot, lines in lists.items()})
    made = {}
    for name in os.listdir(os.path.join(top, target)):
        with open(os.path.join(top, target, name), encoding="utf-8", newline="") as out:
            made[name] = out.read()
    box.same(label + ", lists", made, want)
    box.same(label + ", output", got.out.decode(), "%d slips, %d depots, %d bad\n" % (len(slips) - len(bad), len(lists), len(bad)))
    box.same(label + ", status", got.code, 1 if bad else 0)
    left = sorted(name[:-5] for name in os.listdir(os.path.join(top, source)) if name.endswith(".slip") and name not in (".hidden.slip", "folder.slip"))
    box.same(label + ", slips left", left, sorted(bad))
    box.same(label + ", others left", os.path.exists(os.path.join(top, source, "notes.txt")) and os.path.exists(os.path.join(top, source, ".hidden.slip")) and os.path.exists(top + "/elsewhere/trap.slip"), True)


def tidy_slips():
    sort_slips("tidy", {"a": "A1\nAnn, Hill 3\n", "b": "B2\nBo\n", "c": "A1\nCy\nmore\n"})
    sort_slips("again", {"a": "A1\nnew\n"}, {"A1.list": "old\n", "Z9.list": "kept\n"})
    sort_slips("none", {})


def untidy_names():
    sort_slips("names", {name: "A1\n%d\n" % i for i, name in enumerate(("two words", "*", "-n", "-rf", "quote'\"", "$HOME", "line\nbreak", "ümlaut", "[a]", "?", "~", "back\\slash", " lead"))})
    sort_slips("order of names", {name: "A1\n%s\n" % name for name in ("a", "a b", "a-b", "a.b", "a0", "A")})
    for source, target in (("-in", "-out"), ("[in] *", "*"), ("in\nside", "'out\" $HOME")):
        sort_slips("folders %r" % source, {"a": "A1\nx\n", "b c": "B2\ny"}, {"A1.list": "old\n"}, source, target, True)


def untidy_contents():
    sort_slips("contents", {"a": "A1\n  two  blanks  ", "b": "A1\n\\t \\n * $(date) `x`\n", "c": "A1", "d": "A1\n", "e": "B2\n\n\n", "f": "-n\nx\n", "g": "", "h": "A 1\nx\n", "i": "a1\nx\n", "j": "A1 \nx\n",
                            "k": "../X\nx\n", "l": "\nA1\n", "m": "C3\n-e\n", "n": "C3\n-n", "o": "Ä\nx\n", "p": "A1\r\nx\n", "q": "DEPOT77\ntab\there\t\n"})
    rng = random.Random(60601)
    sort_slips("many", {"s%d" % i: "%s\nline %d" % (rng.choice(("A1", "B2", "x")), i) for i in range(60)})


def failures():
    top = box.scratch({"in/a.slip": "A1\nx\n", "file": "x"})
    for arguments in ((), (top + "/in",), (top + "/in", top, "x")):
        got = box.run(["bash", SCRIPT, *arguments])
        box.same("status of %d arguments" % len(arguments), (got.code, got.out, bool(got.err)), (2, b"", True))
    for arguments in ((top + "/missing", top), (top + "/in", top + "/missing"), (top + "/in", top + "/file"), (top + "/file", top)):
        got = box.run(["bash", SCRIPT, *arguments], cwd=top)
        box.same("status without a folder", (got.code, got.out, bool(got.err)), (2, b"", True))
    box.same("the slip", os.path.exists(top + "/in/a.slip"), True)


box.main([tidy_slips, untidy_names, untidy_contents, failures])
