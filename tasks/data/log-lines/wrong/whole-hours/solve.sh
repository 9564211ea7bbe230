#!/bin/bash
# overhang canary 8f350461af1252bffae461892644ef3e
# Takes zones to be whole hours.
set -e
cat > logjson <<'END'
#!/usr/bin/env python3
# overhang canary 8f350461af1252bffae461892644ef3e
import json
import re
import sys
from datetime import datetime, timedelta

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
MONTH = "(" + "|".join(MONTHS) + ")"
QUOTED = r'"((?:[^"\\]|\\.)*)"'
CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
WEB = re.compile(r"([^ \t]+) - ([^ \t]+) \[([0-9]{2})/" + MONTH + "/([0-9]{4}):" + CLOCK
                 + r" ([+-])([0-9]{2})([0-9]{2})\] " + QUOTED + r" ([0-9]{3}) ([0-9]+|-) " + QUOTED + " " + QUOTED, re.S)
APP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T" + CLOCK
                 + r"(?:\.([0-9]{1,9}))?Z (DEBUG|INFO|WARN|ERROR) ([^ \t]+) (.+)", re.S)
SYS = re.compile("<(0|[1-9][0-9]{0,2})>" + MONTH + " ( [0-9]|[1-9][0-9]) " + CLOCK
                 + r" ([^ \t]+) ([A-Za-z0-9/._-]+)(?:\[([0-9]+)\])?:(?: (.*))?", re.S)
FIELD = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)=(?:' + QUOTED + r'(?= |\Z)|([^" ][^ ]*))', re.S)
REQUEST = re.compile(r"([A-Z]+) ([^ \t]+)(?: HTTP/[^ \t]*)?")


def plain(text):
    return re.sub(r'\\(["\\])', r"\1", text)


def optional(text):
    return None if text == "-" else text


def stamp(time, fraction=""):
    return time.isoformat() + "." + (fraction + "000")[:3] + "Z"


def web(match):
    address, user, day, month, year, h, m, s, sign, zh, zm, request, status, size, referrer, agent = match.groups()
    if int(zh) > 23 or int(zm) > 59:
        raise ValueError
    time = datetime(int(year), MONTHS.index(month) + 1, int(day), int(h), int(m), int(s))
    offset = timedelta(hours=int(zh))
    time = time + offset if sign == "-" else time - offset
    request = plain(request)
    parts = REQUEST.fullmatch(request)
    return {"time": stamp(time), "kind": "web", "address": address, "user": optional(user),
            "method": parts[1] if parts else None, "target": parts[2] if parts else request, "status": int(status),
            "size": None if size == "-" else int(size), "referrer": optional(plain(referrer)),
            "agent": optional(plain(agent))}


def app(match):
    *numbers, fraction, level, unit, message = match.groups()
    time = datetime(*map(int, numbers))
    words, fields, at = [], {}, 0
    while at < len(message):
        if message[at] == " ":
            at += 1
            continue
        field = FIELD.match(message, at)
        if field:
            fields[field[1]] = field[3] if field[2] is None else plain(field[2])
            at = field.end()
        else:
            end = (message + " ").index(" ", at)
            words.append(message[at:end])
            at = end
    return {"time": stamp(time, fraction or ""), "kind": "app", "level": level.lower(), "unit": unit,
            "message": " ".join(words), "fields": fields, "detail": []}


def sys_line(match, before, year):
    number, month, day, h, m, s, host, tag, pid, text = match.groups()
    if int(number) > 191:
        raise ValueError
    clock = (MONTHS.index(month) + 1, int(day), int(h), int(m), int(s))
    if before is None:
        time = datetime(year, *clock)
    else:
        day_before = before - timedelta(days=1)
        late = clock < (day_before.month, day_before.day, day_before.hour, day_before.minute, day_before.second)
        late = late and day_before.year == before.year
        time = datetime(before.year + late, *clock)
    return time, {"time": stamp(time), "kind": "sys", "facility": int(number) // 8, "severity": int(number) % 8,
                  "host": host, "tag": tag, "pid": int(pid) if pid else None, "text": text or ""}


def convert(source, year):
    open_app = before = None
    for number, line in enumerate(source.split("\n"), 1):
        if open_app is not None and line[:1] in (" ", "\t"):
            open_app["detail"].append(line.strip(" \t"))
            continue
        open_app = None
        if not line or line.startswith("#"):
            continue
        content = {"kind": "bad", "text": line}
        try:
            if match := WEB.fullmatch(line):
                content = web(match)
            elif match := APP.fullmatch(line):
                content = open_app = app(match)
            elif match := SYS.fullmatch(line):
                before, content = sys_line(match, before, year)
        except (ValueError, OverflowError):
            pass
        yield number, content


def main():
    if len(sys.argv) != 2 or not re.fullmatch("[0-9]{4}", sys.argv[1]):
        sys.stderr.write("usage: logjson YEAR\n")
        return 2
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    found = list(convert(text, int(sys.argv[1])))  # all of it first: an app line still grows after it was met
    lines = [json.dumps({"line": n, **c}, separators=(",", ":"), ensure_ascii=False) + "\n" for n, c in found]
    sys.stdout.buffer.write("".join(lines).encode())
    return 0


sys.exit(main())
END
chmod +x logjson
./logjson 2024 < sample.log
