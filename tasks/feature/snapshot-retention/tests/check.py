# overhang canary 7aad95204d901f6639edf957621f0fc6
import datetime
import os
import random
import re
import shutil

import box

SCRIPT = box.WORKSPACE + "/snap.sh"
# The script has to do without these.
REFUSED = ("python", "perl", "pypy", "ruby", "node")
STAMP = "%Y%m%d-%H%M%S"
RULES = {"last": None, "daily": "%Y%m%d", "weekly": "%G-%V", "monthly": "%Y%m"}


def tools():
    """A folder of links to the programs of this machine, but for those that are refused."""
    top = box.scratch()
    for folder in ("/bin", "/usr/bin", "/usr/local/bin"):
        for name in os.listdir(folder):
            if not name.startswith(REFUSED) and not os.path.lexists(os.path.join(top, name)):
                os.symlink(os.path.join(folder, name), os.path.join(top, name))
    return top


def snap(folder, *arguments, cwd):
    return box.run(["bash", SCRIPT, folder, *arguments], cwd=cwd, env={"PATH": TOOLS})


def parse(name):
    match = re.fullmatch(r"(.+)-([0-9]{8}-[0-9]{6})(\..*)?", name)
    if not match or name.startswith(".") or name.endswith(".keep"):
        return None
    try:
        return match[1], datetime.datetime.strptime(match[2], STAMP)
    except ValueError:
        return None


def model(names, rules, now):
    """The lines of the output and the names removed."""
    series = {}
    for name in names:
        if parse(name):
            series.setdefault(parse(name)[0], []).append(name)
    lines, removed = [], []
    for key in sorted(series, key=str.encode):
        ordered = sorted(series[key], key=lambda name: (parse(name)[1], name.encode()), reverse=True)
        reasons = {name: [] for name in ordered}
        for name in ordered:
            if name + ".keep" in names:
                reasons[name].append("pinned")
            if parse(name)[1].strftime(STAMP) > now:
                reasons[name].append("future")
        seen = [name for name in ordered if not reasons[name]]
        for rule, form in RULES.items():
            if rule not in rules:
                continue
            periods = []
            for name in seen:
                period = name if form is None else parse(name)[1].strftime(form)
                if period not in periods:
                    periods.append(period)
                    if len(periods) <= rules[rule]:
                        reasons[name].append(rule)
        if seen and not reasons[seen[0]]:
            reasons[seen[0]].append("newest")
        for name in ordered:
            if reasons[name]:
                lines.append("keep %s (%s)" % (name, ", ".join(reasons[name])))
            else:
                lines.append("remove " + name)
                removed.append(name)
    return lines, removed


def folder_of(names):
    top = box.scratch()
    path = os.path.join(top, "snap shots")
    os.mkdir(path)
    os.mkdir(top + "/linked")
    with open(top + "/linked/precious", "w", encoding="ascii") as out:
        out.write("x")
    for number, name in enumerate(sorted(names)):
        entry = os.path.join(path, name)
        if name.endswith(".keep") or number % 3 == 0:
            open(entry, "w", encoding="ascii").close()
        elif number % 3 == 1:
            os.makedirs(entry + "/sub folder")
            open(entry + "/sub folder/file", "w", encoding="ascii").close()
        else:
            os.symlink("../linked" if number % 2 else "../nowhere", entry)
    box.give(top)
    return top, path


def compare(names, rules, now):
    top, path = folder_of(names)
    options = [part for rule, n in rules.items() for part in ("--" + rule, str(n))]
    options += ["--now", now] if now else []
    lines, removed = model(names, rules, now or datetime.datetime.utcnow().strftime(STAMP))
    for dry in (True, False):
        got = snap(path, "prune", *options, *["--dry-run"] * dry, cwd=top)
        label = "prune %s%s" % (" ".join(options), " --dry-run" * dry)
        for one, other in zip(got.out.decode().splitlines(), lines):
            box.same(label, one, other)
        box.same(label, (got.code, got.out.decode().splitlines()), (0, lines))
        left = set(names) if dry else set(names) - set(removed)
        box.same(label + ": entries left", sorted(os.listdir(path)), sorted(left))
    box.same("what links point to", os.path.exists(top + "/linked/precious"), True)
    shutil.rmtree(top)


TOOLS = tools()
FIXED = [
    "db-20240101-000000.tar.gz", "db-20231231-235959.tar.gz", "db-20231231-120000.tar.gz", "db-20231225-080000.tar.gz",
    "db-20231224-080000.tar.gz", "db-20231201-000000", "db-20231130-235959", "db-20230102-000000", "db-20230101-235959.x",
    "db-20230101-235959.y", "db-20230101-235959", "db-20230229-000000", "db-20231301-000000", "db-20231201-240000",
    "db-20231201-006000", "db-20231201-000060", "db-00000000-000000", "a b-c*-20240101-000000", "a b-c*-20231231-000000 ",
    "-n-20240101-000000", "-n-20231201-000000.", "--last-20231201-000000", "-20240101-000000", ".db-20240101-000000",
    "notes.txt", "db-20231231-120000.tar.gz.keep", "db-20230102-000000.keep", "other.keep", "db-20241231-235959.future",
    "pin-20240101-000000", "pin-20240101-000000.keep", "pin-20231201-000000", "pin-20231101-000000", "pin-20250101-000000",
    "pin-20250101-000000.keep", "DB-20231201-000000", "DB-20231101-000000", "db-x-20231201-000000-20231202-000000.a b",
    "db-20231201-0000001", "db-20231201-000000x", "x-20200229-000000.a.b", "x-20200228-000000.$(touch oops)",
    "x-20200228-000000", "quote'\"-20200101-000000", "quote'\"-20200102-000000", "back\\slash-20200101-000000",
    "back\\slash-20200102-000000", "ü-20200101-000000", "z[a]-20200102-010101", "z[a]-20200101-010101",
]


def each_rule():
    now = "20240101-000000"
    for rules in ({"last": 2}, {"daily": 2}, {"weekly": 2}, {"monthly": 2}, {"last": 0}, {"monthly": 0, "daily": 1},
                  {"last": 1, "daily": 3, "weekly": 2, "monthly": 4}, {"last": 1000}, {"daily": 10}, {"weekly": 5}):
        compare(FIXED, rules, now)


def now_and_the_future():
    compare(FIXED, {"last": 1}, None)
    compare(FIXED, {"daily": 1}, "20231231-235959")
    compare(FIXED, {"monthly": 2}, "20000101-000000")
    compare(["s-29990101-000000", "s-20200101-000000"], {"last": 1}, None)
    compare([], {"last": 1}, None)
    compare(["readme"], {"last": 1}, None)


def random_folders():
    rng = random.Random(31337)
    for _ in range(12):
        names = set()
        day = datetime.datetime(2019, 12, 20)
        for _ in range(rng.randrange(5, 60)):
            at = day + datetime.timedelta(seconds=rng.randrange(86400 * rng.choice((4, 40, 500))))
            name = rng.choice(("a", "b c", "a-b")) + at.strftime("-" + STAMP) + rng.choice(("", "", ".gz", ".x y"))
            names.add(name)
            if rng.random() < 0.1:
                names.add(name + ".keep")
        rules = {rule: rng.choice((0, 1, 2, 3, 7)) for rule in rng.sample(sorted(RULES), rng.randrange(1, 5))}
        compare(sorted(names), rules, rng.choice(("20200110-120000", "20210101-000000", "20220101-000000")))


def many_snapshots():
    start = datetime.datetime(2022, 1, 1)
    names = [(start + datetime.timedelta(hours=7 * i)).strftime("host%d-" % (i % 3) + STAMP) for i in range(600)]
    compare(names, {"last": 3, "daily": 7, "weekly": 8, "monthly": 12}, "20230101-000000")


def mistakes_remove_nothing():
    names = ["a-20200101-000000", "a-20200102-000000"]
    top, path = folder_of(names)
    for options in ([], ["--dry-run"], ["--last"], ["--last", "x"], ["--last", "-1"], ["--last", ""], ["--last", "1", "--last", "1"],
                    ["--last", "1", "extra"], ["--hourly", "1"], ["--last", "1", "--now", "20200230-000000"],
                    ["--last", "1", "--now", "yesterday"], ["--last", "1", "--now"], ["--last", "1", "--now", "20200101-000000", "--now", "20200101-000000"], ["--now", "20200101-000000"],
                    ["--daily", "1.5"], ["--weekly", " 1"], ["--dry-run", "--last", "1", "--dry-run"]):
        got = snap(path, "prune", *options, cwd=top)
        box.same("prune %s" % options, (got.code, got.out, bool(got.err)), (2, b"", True))
    got = snap(path + "x", "prune", "--last", "1", cwd=top)
    box.same("no folder", (got.code, got.out, bool(got.err)), (2, b"", True))
    box.same("entries left", sorted(os.listdir(path)), names)
    got = snap(path, "prune", "--last", "08", cwd=top)
    box.same("--last 08", (got.code, got.out.decode().count("keep")), (0, 2))


def list_stays():
    top, path = folder_of(["a-20200101-000000", "b c-20200102-000000.gz", "x-20209999-000000", "n"])
    got = snap(path, "list", cwd=top)
    box.same("list", (got.code, got.out), (0, b"x-20209999-000000\nb c-20200102-000000.gz\na-20200101-000000\n"))


box.main([each_rule, now_and_the_future, random_folders, many_snapshots, mistakes_remove_nothing, list_stays])
