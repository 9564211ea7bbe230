#!/usr/bin/env python3
# overhang canary 54d8ba80895a17630b3fa52519d6e293
"""A time sheet in a text file.

Each line is one entry, its parts divided by tabs:

    START <tab> END <tab> TAGS <tab> NOTE

START and END are local times 'YYYY-MM-DD HH:MM:SS'; END is a hyphen while the
entry is running, and never before START. TAGS are divided by single spaces and
may be empty; a tag holds any characters but white space, and is named once.
NOTE may be empty. Entries may overlap, and stand in any order. Empty lines and
lines that start with '#' are skipped.
"""
import datetime
import sys

STAMP = "%Y-%m-%d %H:%M:%S"


class Mistake(Exception):
    """Something the user has to put right."""


def parse_time(text):
    if len(text) != 19:
        raise Mistake("not a time: %r" % text)
    try:
        return datetime.datetime.strptime(text, STAMP)
    except ValueError:
        raise Mistake("not a time: %r" % text)


def load(path):
    """Entries as (start, end or None, list of tags, note)."""
    try:
        with open(path, encoding="utf-8", newline="\n") as source:
            lines = source.read().split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise Mistake("%s: %s" % (path, problem))
    entries = []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 4:
            raise Mistake("%s:%d: not four parts" % (path, number))
        start = parse_time(parts[0])
        end = None if parts[1] == "-" else parse_time(parts[1])
        if end is not None and end < start:
            raise Mistake("%s:%d: ends before it starts" % (path, number))
        entries.append((start, end, parts[2].split(" ") if parts[2] else [], parts[3]))
    return entries


def list_entries(path, arguments):
    if arguments:
        raise Mistake("list takes no arguments")
    for start, end, tags, note in sorted(load(path), key=lambda entry: entry[0]):
        print("%s  %s  %-20s %s" % (start.strftime(STAMP), end.strftime(STAMP) if end else "running" + " " * 12,
                                    " ".join(tags), note))


def add_entry(path, arguments):
    if len(arguments) < 2:
        raise Mistake("add START END [TAG...]")
    start, end = parse_time(arguments[0]), parse_time(arguments[1])
    if end < start:
        raise Mistake("ends before it starts")
    with open(path, "a", encoding="utf-8") as out:
        out.write("%s\t%s\t%s\t\n" % (arguments[0], arguments[1], " ".join(arguments[2:])))


COMMANDS = {"list": list_entries, "add": add_entry}


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in COMMANDS:
        raise Mistake("usage: timesheet.py FILE list | add START END [TAG...]")
    COMMANDS[sys.argv[2]](sys.argv[1], sys.argv[3:])


if __name__ == "__main__":
    try:
        main()
    except Mistake as mistake:
        sys.stderr.write("timesheet: %s\n" % mistake)
        sys.exit(2)
