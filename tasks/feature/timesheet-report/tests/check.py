# overhang canary 54d8ba80895a17630b3fa52519d6e293
import datetime
import json
import os
import random

import box

STAMP = "%Y-%m-%d %H:%M:%S"
DAY = datetime.timedelta(days=1)


def minutes(seconds):
    return (seconds + 30) // 60


def clock(seconds):
    return "%d:%02d" % divmod(minutes(seconds), 60)


def add_up(entries, by, first, last):
    rows, total = {}, 0
    for start, end, tags in entries:
        if end is None:
            continue
        if first:
            start = max(start, datetime.datetime.combine(first, datetime.time()))
        if last and end.date() > last:
            end = datetime.datetime.combine(last, datetime.time()) + DAY
        while start < end:
            midnight = datetime.datetime.combine(start.date(), datetime.time()) + DAY
            stop = min(end, midnight)
            length = (stop - start).days * 86400 + (stop - start).seconds
            if by == "day":
                keys = [start.strftime("%Y-%m-%d")]
            elif by == "week":
                keys = ["%04d-W%02d" % start.isocalendar()[:2]]
            else:
                keys = tags or [None]
            for key in keys:
                rows[key] = rows.get(key, 0) + length
            total += length
            start = stop
    ordered = sorted((key, value) for key, value in rows.items() if key is not None)
    if None in rows:
        ordered.append(("(none)", rows[None]))
    return ordered, total


def render(rows, total, by, form):
    if form == "csv":
        def quoted(key):
            return '"%s"' % key.replace('"', '""') if "," in key or '"' in key else key
        return "key,minutes\n" + "".join("%s,%d\n" % (quoted(key), minutes(value)) for key, value in rows)
    if form == "json":
        return json.dumps({"by": by, "rows": [{"key": key, "minutes": minutes(value)} for key, value in rows],
                           "total": minutes(total)}, separators=(",", ":"), ensure_ascii=False) + "\n"
    table = rows + [("total", total)]
    left = max(len(key) for key, _ in table)
    right = max(len(clock(value)) for _, value in table)
    lines = [key.ljust(left) + "  " + clock(value).rjust(right) for key, value in table]
    if rows:
        lines.insert(-1, "-" * max(map(len, lines)))
    return "".join(line + "\n" for line in lines)


def sheet(entries):
    return "".join("%s\t%s\t%s\tnote\n" % (start.strftime(STAMP), end.strftime(STAMP) if end else "-", " ".join(tags))
                   for start, end, tags in entries)


def call(content, *arguments):
    folder = box.scratch({"sheet.tsv": content} if content is not None else {})
    return box.run(["python3", box.WORKSPACE + "/timesheet.py", os.path.join(folder, "sheet.tsv")] + list(arguments),
                   cwd=folder)


def compare(entries, by, first=None, last=None, form=None):
    arguments = ["report", "--by", by]
    arguments += ["--from", first.isoformat()] if first else []
    arguments += ["--to", last.isoformat()] if last else []
    arguments += ["--format", form] if form else []
    got = call("# comment\n\n" + sheet(entries), *arguments)
    rows, total = add_up(entries, by, first, last)
    box.same(" ".join(arguments), (got.code, got.out.decode(), got.err.decode()),
             (0, render(rows, total, by, form or "text"), ""))


def entry(start, end, *tags):
    return (datetime.datetime.strptime(start, STAMP), datetime.datetime.strptime(end, STAMP) if end else None,
            list(tags))


FIXED = [
    entry("2020-12-31 23:00:00", "2021-01-01 02:00:30", "b", "a"),
    entry("2021-01-03 23:59:50", "2021-01-04 00:00:10", "a"),
    entry("2021-01-10 08:00:00", "2021-01-12 09:30:29"),
    entry("2021-01-12 09:00:00", "2021-01-12 09:00:00", "zero"),
    entry("2021-01-12 10:00:00", None, "running"),
    entry("2021-02-01 10:00:00", "2021-02-01 10:00:30", "half"),
    entry("2021-02-02 10:00:00", "2021-02-02 10:00:29", "(zz", "~x", 'q"r', "c,d", "Ünï"),
    entry("2021-03-01 00:00:00", "2021-03-09 00:00:00", "long"),
]


def date(text):
    return datetime.date.fromisoformat(text)


def every_grouping_and_format():
    for by in ("day", "week", "tag"):
        for form in (None, "text", "csv", "json"):
            compare(FIXED, by, form=form)


def ranges_clip():
    for by in ("day", "week", "tag"):
        compare(FIXED, by, date("2021-01-01"), None)
        compare(FIXED, by, None, date("2021-01-11"), "csv")
        compare(FIXED, by, date("2021-01-11"), date("2021-01-11"), "json")
        compare(FIXED, by, date("2021-03-03"), date("2021-03-09"))
        compare(FIXED, by, date("0001-01-01"), date("9999-12-31"))


def nothing_to_report():
    for form in ("text", "csv", "json"):
        compare([], "day", form=form)
        compare(FIXED, "tag", date("2022-01-01"), None, form)


def random_sheets():
    rng = random.Random(8812)
    for _ in range(24):
        entries = []
        for _ in range(rng.randrange(1, 40)):
            start = datetime.datetime(2018, 12, 20) + datetime.timedelta(seconds=rng.randrange(86400 * 900))
            length = rng.choice((rng.randrange(100), rng.randrange(40000), rng.randrange(400000)))
            end = None if rng.random() < 0.1 else start + datetime.timedelta(seconds=length)
            entries.append((start, end, rng.sample(["dev", "ops", "Mail", "ä", "x,y", "zzz-long-tag"], rng.randrange(4))))
        first = date("2019-01-01") + rng.randrange(500) * DAY
        last = first + rng.randrange(500) * DAY
        compare(entries, rng.choice(("day", "week", "tag")), rng.choice((None, first)), rng.choice((None, last)),
                rng.choice(("text", "csv", "json")))


def mistakes():
    good = sheet(FIXED)
    bad_lines = ("2021-01-01 00:00:00\t2021-01-01 01:00:00\ttag\n", "2021-13-01 00:00:00\t-\t\t\n",
                 "2021-01-02 00:00:00\t2021-01-01 00:00:00\t\t\n", "nonsense\n")
    for arguments in (["--by"], [], ["--by", "month"], ["--by", "day", "--by", "day"], ["--by", "day", "extra"],
                      ["--by", "day", "--from", "2021-02-29"], ["--by", "day", "--to", "2021-1-01"],
                      ["--by", "day", "--from", "2021-01-02", "--to", "2021-01-01"], ["--by", "day", "--format", "xml"],
                      ["--by", "day", "--form", "csv"], ["--by", "day", "--from", "20210101"], ["-by", "day"],
                      ["--by", "day", "--format", "csv", "--format", "csv"], ["--by", "day", "--unknown", "1"],
                      ["--by", "day", "--from", "2021-W01-1"]):
        got = call(good, "report", *arguments)
        box.same("status of report %s" % arguments, (got.code, got.out), (2, b""))
        if not got.err or b"Traceback" in got.err:
            raise AssertionError("report %s: no proper message" % arguments)
    for content in [good + line for line in bad_lines] + [None]:
        got = call(content, "report", "--by", "day")
        box.same("a bad file", (got.code, got.out, b"Traceback" in got.err), (2, b"", False))


def other_commands_stay():
    content = sheet(FIXED[:2]) + "2021-01-12 10:00:00\t-\ta b\tnow\n"
    got = call(content, "list")
    want = ("2020-12-31 23:00:00  2021-01-01 02:00:30  b a                  note\n"
            "2021-01-03 23:59:50  2021-01-04 00:00:10  a                    note\n"
            "2021-01-12 10:00:00  running              a b                  now\n")
    box.same("list", (got.code, got.out.decode()), (0, want))
    folder = box.scratch({"sheet.tsv": content})
    path = os.path.join(folder, "sheet.tsv")
    got = box.run(["python3", box.WORKSPACE + "/timesheet.py", path, "add", "2021-01-13 10:00:00", "2021-01-13 11:00:00", "x"])
    with open(path, encoding="utf-8") as written:
        box.same("add", (got.code, written.read()), (0, content + "2021-01-13 10:00:00\t2021-01-13 11:00:00\tx\t\n"))
    box.same("no command", call(content).code, 2)


box.main([every_grouping_and_format, ranges_clip, nothing_to_report, random_sheets, mistakes, other_commands_stay])
