# overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
"""Counts the steps of SQLite's virtual machine: python3 steps.py DATABASE QUERY [INDEXES]"""
import sqlite3
import sys

steps = 0


def count():
    global steps
    steps += 100
    return steps > 100_000_000


def main():
    disk = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
    base = sqlite3.connect(":memory:")
    disk.backup(base)
    if len(sys.argv) > 3:
        base.executescript(open(sys.argv[3], encoding="utf-8").read())
    base.set_progress_handler(count, 100)
    rows = base.execute(open(sys.argv[2], encoding="utf-8").read()).fetchall()
    for row in rows[:5]:
        print(row)
    print("%d rows, %d steps" % (len(rows), steps))


try:
    main()
except sqlite3.OperationalError as problem:
    sys.exit("%s after %d steps" % (problem, steps))
