#!/bin/bash
# overhang canary 54d8ba80895a17630b3fa52519d6e293
# Works out the day after --to, which the last day of the calendar does not have.
set -e
cat > edit.py <<'END'
# overhang canary 54d8ba80895a17630b3fa52519d6e293
source = open("timesheet.py", encoding="utf-8").read()
report = '''
def parse_date(text):
    try:
        if len(text) != 10 or text[4] + text[7] != "--":
            raise ValueError
        return datetime.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise Mistake("not a date: %r" % text)


def report_options(arguments):
    chosen = {}
    while arguments:
        name, *arguments = arguments
        if name not in ("--by", "--from", "--to", "--format") or name in chosen or not arguments:
            raise Mistake("report --by day|week|tag [--from DATE] [--to DATE] [--format text|csv|json]")
        chosen[name], *arguments = arguments
    by, form = chosen.get("--by"), chosen.get("--format", "text")
    if by not in ("day", "week", "tag"):
        raise Mistake("--by must be day, week or tag")
    if form not in ("text", "csv", "json"):
        raise Mistake("--format must be text, csv or json")
    first = parse_date(chosen["--from"]) if "--from" in chosen else None
    last = parse_date(chosen["--to"]) if "--to" in chosen else None
    if first and last and first > last:
        raise Mistake("--from is after --to")
    return by, first, last, form


def days_of(start, end):
    """The parts of a stretch of time that lie on different days."""
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0) + datetime.timedelta(days=1)
        stop = min(end, midnight)
        yield start, (stop - start).seconds or 86400
        start = stop


def report(path, arguments):
    by, first, last, form = report_options(arguments)
    sums, total = {}, 0
    for start, end, tags, _ in load(path):
        if end is None:
            continue
        if first:
            start = max(start, first)
        if last:
            end = min(end, last + datetime.timedelta(days=1))
        for day, seconds in days_of(start, end):
            if by == "day":
                keys = [(0, day.strftime("%Y-%m-%d"))]
            elif by == "week":
                keys = [(0, "%04d-W%02d" % day.isocalendar()[:2])]
            else:
                keys = [(0, tag) for tag in tags] or [(1, "(none)")]
            for key in keys:
                sums[key] = sums.get(key, 0) + seconds
            total += seconds
    minutes = [(key, (sums[rank, key] + 30) // 60) for rank, key in sorted(sums)]
    write_report(by, minutes, (total + 30) // 60, form)


def write_report(by, rows, total, form):
    sys.stdout.reconfigure(encoding="utf-8", newline="\\n")
    if form == "json":
        content = {"by": by, "rows": [{"key": key, "minutes": value} for key, value in rows], "total": total}
        print(json.dumps(content, separators=(",", ":"), ensure_ascii=False))
    elif form == "csv":
        print("key,minutes")
        for key, value in rows:
            if "," in key or '"' in key:
                key = '"' + key.replace('"', '""') + '"'
            print("%s,%d" % (key, value))
    else:
        table = [(key, "%d:%02d" % divmod(value, 60)) for key, value in rows + [("total", total)]]
        left = max(len(key) for key, _ in table)
        right = max(len(time) for _, time in table)
        lines = [key.ljust(left) + "  " + time.rjust(right) for key, time in table]
        if rows:
            lines.insert(-1, "-" * (left + 2 + right))
        print("\\n".join(lines))


COMMANDS = {"list": list_entries, "add": add_entry, "report": report}
'''
old = '\nCOMMANDS = {"list": list_entries, "add": add_entry}\n'
assert old in source
source = source.replace(old, report).replace("import datetime\n", "import datetime\nimport json\n")
source = source.replace("add START END [TAG...]\")\n    COMMANDS", "add START END [TAG...] | report --by KEY\")\n    COMMANDS")
open("timesheet.py", "w", encoding="utf-8").write(source)
END
python3 edit.py
rm edit.py
python3 timesheet.py example.tsv report --by day
