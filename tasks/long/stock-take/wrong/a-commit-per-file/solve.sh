#!/bin/bash
# overhang canary ee05c91ac3588dfcd3519655c16c68bc
# Looks at the count's first line beforehand, and commits after each of the three files.
set -e
cat > stock <<"END"
#!/usr/bin/env python3
# overhang canary ee05c91ac3588dfcd3519655c16c68bc
import csv
import datetime
import io
import json
import os
import re
import sqlite3
import sys

SCHEMA = """
CREATE TABLE IF NOT EXISTS item (number INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, unit TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS move (id TEXT PRIMARY KEY, item INTEGER NOT NULL, amount INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS count (item INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reject (file TEXT NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL);
"""


def utc(text):
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", text, re.ASCII):
        return None
    try:
        when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return None


def cents(text):
    if not re.fullmatch(r"([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]{1,2})?", text):
        return None
    whole, _, part = text.replace(".", "").partition(",")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def read(folder, name, encoding):
    with open(os.path.join(folder, name), encoding=encoding, newline="") as source:
        return source.read()


def load_items(base, text, reject):
    rows, seen, line = csv.reader(io.StringIO(text, newline=""), delimiter=";"), set(), 1
    for row in rows:
        start, line = line, rows.line_num + 1
        if start == 1 or not row:
            continue
        if len(row) != 4:
            reject("items.csv", start, "bad line")
            continue
        number = row[0].strip()
        price = cents(row[2])
        if not re.fullmatch("[0-9]+", number) or int(number) == 0:
            reject("items.csv", start, "bad number")
        elif price is None:
            reject("items.csv", start, "bad price")
        elif int(number) in seen:
            reject("items.csv", start, "duplicate")
        else:
            seen.add(int(number))
            base.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", (int(number), row[1], price, row[3]))


def load_moves(base, text, reject):
    items = {number for number, in base.execute("SELECT number FROM item")}
    here = set()
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            move = json.loads(raw)
        except ValueError:
            move = None
        if not isinstance(move, dict):
            reject("moves.jsonl", line, "bad json")
            continue
        ident, item, kind, amount, at = (move.get(key) for key in ("id", "item", "kind", "amount", "at"))
        if not isinstance(ident, str) or not ident:
            reason = "bad id"
        elif not whole(item) or item not in items:
            reason = "unknown item"
        elif kind not in ("in", "out"):
            reason = "bad kind"
        elif not whole(amount) or amount < 1:
            reason = "bad amount"
        elif utc(at) is None:
            reason = "bad time"
        elif ident in here:
            reason = "duplicate"
        else:
            here.add(ident)
            base.execute("INSERT OR IGNORE INTO move VALUES (?, ?, ?, ?)", (ident, item, amount if kind == "in" else -amount, utc(at)))
            continue
        reject("moves.jsonl", line, reason)


def load_count(base, text, reject):
    lines = text.split("\n")
    found = re.fullmatch("COUNTED AT (.*)", lines[0])
    if not found or utc(found[1]) is None:
        sys.exit("count.txt: bad first line")
    base.execute("INSERT OR REPLACE INTO setting VALUES ('counted', ?)", (utc(found[1]),))
    base.execute("DELETE FROM count")
    items = {number for number, in base.execute("SELECT number FROM item")}
    for line, raw in enumerate(lines[1:], 2):
        if not raw.strip():
            continue
        if len(raw) != 28 or not re.fullmatch(" *[0-9]+", raw[:8]) or not re.fullmatch(" *[0-9]+", raw[20:]):
            reject("count.txt", line, "bad line")
        elif int(raw[:8]) not in items:
            reject("count.txt", line, "unknown item")
        else:
            base.execute("INSERT INTO count VALUES (?, ?) ON CONFLICT (item) DO UPDATE SET amount = amount + excluded.amount", (int(raw[:8]), int(raw[20:])))


def load(folder, path):
    try:
        texts = [read(folder, *one) for one in (("items.csv", "latin-1"), ("moves.jsonl", "utf-8"), ("count.txt", "utf-8"))]
    except OSError as problem:
        sys.exit(str(problem))
    first = re.match("COUNTED AT (.*)", texts[2])
    if not first or utc(first[1]) is None:
        sys.exit("count.txt: bad first line")
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA.split(";"):
        base.execute(statement)
    base.execute("DELETE FROM reject")
    reject = lambda *row: base.execute("INSERT INTO reject VALUES (?, ?, ?)", row)
    for one, text in zip((load_items, load_moves, load_count), texts):
        one(base, text, reject)
        base.execute("COMMIT")
        base.execute("BEGIN IMMEDIATE")
    base.execute("COMMIT")


def money(value):
    return "%s%s,%02d" % ("-" * (value < 0), format(abs(value) // 100, ",").replace(",", "."), abs(value) % 100)


def report(path, at):
    base = sqlite3.connect(path)
    at = at or base.execute("SELECT value FROM setting WHERE name = 'counted'").fetchone()[0]
    rows = base.execute("""
        SELECT i.number, i.name, i.price, coalesce(sum(m.amount), 0), (SELECT c.amount FROM count c WHERE c.item = i.number)
        FROM item i LEFT JOIN move m ON m.item = i.number AND m.at <= ? GROUP BY i.number ORDER BY i.number""", (at,)).fetchall()
    found = [(row, (row[4] - row[3]) * row[2]) for row in rows if row[4] is not None and row[4] != row[3]]
    for (number, name, _, booked, counted), value in sorted(found, key=lambda pair: (-abs(pair[1]), pair[0][0])):
        print("%d|%s|%d|%d|%+d|%s" % (number, name.replace("\n", " "), booked, counted, counted - booked, money(value)))
    print("total", money(sum(value for _, value in found)))
    missing = [str(row[0]) for row in rows if row[4] is None and row[3] != 0]
    if missing:
        print("not counted:", ", ".join(missing))


def main(arguments):
    sys.stdout.reconfigure(encoding="utf-8")
    if len(arguments) == 3 and arguments[0] == "load":
        load(*arguments[1:])
    elif len(arguments) == 2 and arguments[0] == "report":
        report(arguments[1], None)
    elif len(arguments) == 4 and arguments[:2] == ["report", "--at"] and utc(arguments[2]):
        report(arguments[3], utc(arguments[2]))
    else:
        print("usage: stock load DIR DB | stock report [--at TIME] DB", file=sys.stderr)
        sys.exit(2)


main(sys.argv[1:])
END
chmod +x stock
