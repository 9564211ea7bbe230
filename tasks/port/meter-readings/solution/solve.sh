#!/bin/bash
# overhang canary bc378ecd0c48e7d7b172ef2ae4fa4174
set -e
cat > meter.py <<'END'
#!/usr/bin/env python3
# overhang canary bc378ecd0c48e7d7b172ef2ae4fa4174
"""Report on meter readings. Text is Latin-1 throughout, so that a byte is a character."""
import math
import re
import sys

SPACE = " \t\n\r\f\v"
NUMBER = re.compile(r"[ \t\n\r\f\v]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


def number(text):
    """The number that Perl sees at the start of a text."""
    match = NUMBER.match(text)
    return tidy(float(match[1])) if match else 0


def tidy(value):
    """Whole numbers as int, as long as Perl would hold them as such."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def show(value):
    if isinstance(value, int):
        return str(value)
    text = "%.15g" % value
    return "0" if text == "-0" else text


def after(text):
    """Perl's ++ on an identifier."""
    if text == "":
        return "1"
    if not re.fullmatch("[a-zA-Z]*[0-9]*", text):
        return show(tidy(number(text) + 1))
    if text.isdigit():
        return str(int(text) + 1)
    letters = list(text)
    at = len(letters) - 1
    while at >= 0:
        if letters[at] not in "zZ9":
            letters[at] = chr(ord(letters[at]) + 1)
            return "".join(letters)
        first = {"z": "a", "Z": "A", "9": "0"}[letters[at]]
        letters[at] = first
        at -= 1
    return ("1" if first == "0" else first) + "".join(letters)


def split(line):
    fields = line.split(",")
    while fields and fields[-1] == "":
        fields.pop()
    return fields


def ascii_case(text, function):
    return "".join(function(c) if c < "\x80" else c for c in text)


def whole(value):
    return str(int(value)) if abs(value) < 1e15 else show(value)


def options(arguments):
    width, backwards = 20, False
    while arguments:
        name = arguments.pop(0)
        if name == "-w" and arguments:
            width = number(arguments.pop(0))
        elif name == "-r":
            backwards = True
        else:
            sys.stderr.write("usage: meter.py [-w WIDTH] [-r]\n")
            sys.exit(2)
    if width < 1 or width > 100:
        sys.exit(3)
    return int(width), backwards


def main():
    width, backwards = options(sys.argv[1:])
    out, sums, counts, last, notes, groups = [], {}, {}, {}, {}, {}
    name, lines = "a0", 0
    for line in sys.stdin.buffer.read().decode("latin-1").split("\n"):
        if line == "" or line.startswith("#"):
            continue
        lines += 1
        fields = split(line)
        if not fields:
            out.append("line %d: nothing" % lines)
            continue
        given = fields.pop(0)
        name = given if given else after(name)
        if not fields:
            out.append("line %d: no reading for %s" % (lines, name))
            continue
        reading = fields.pop(0)
        scale = 1000 if re.match(r"[ \t\n\r\f\v]*-?[0-9.]+[ \t\n\r\f\v]*[kK]", reading) else 1
        sums[name] = tidy(sums.get(name, 0) + number(reading) * scale)
        counts[name] = counts.get(name, 0) + 1
        last[name] = reading
        if fields:
            notes[name] = (notes[name] + "; " if notes.get(name) else "") + " ".join(fields)
        letters = re.match("[A-Za-z]*", name)[0]
        groups.setdefault(letters.capitalize(), set()).add(name)

    top = max((abs(value) for value in sums.values()), default=0)
    names = sorted(sorted(sums), key=lambda key: -sums[key])
    for key in reversed(names) if backwards else names:
        bar = int(sums[key] / top * width) if top else 0
        out.append("%-8s %12s %3d x %8.2f last=%s %s%s" % (
            key[:8], show(sums[key]), counts[key], sums[key] / counts[key], show(number(last[key])),
            "-" * -bar if bar < 0 else "#" * bar, " (%s)" % notes[key] if key in notes else ""))
    out.append("")
    total_of_all = 0
    for label in sorted(groups):
        members = sorted(groups[label])
        total = 0
        for key in members:
            total = tidy(total + sums[key])
        total_of_all = tidy(total_of_all + total)
        out.append("%s: %d %s [%s] mod 7: %d rounded %s/%s" % (
            label or "?", len(members), show(total), "|".join(members), math.trunc(total) % 7, "%.0f" % total,
            whole(math.trunc(total + 0.5))))
    out.append("all: %s %s next %s" % (show(total_of_all), show(tidy(total_of_all / (lines or 1))), after(name)))
    sys.stdout.buffer.write(("\n".join(out) + "\n").encode("latin-1"))
    return 1 if total_of_all < 0 else 0


sys.exit(main())
END
perl meter.pl < readings.csv > /tmp/one || true
python3 meter.py < readings.csv > /tmp/two || true
cmp /tmp/one /tmp/two
