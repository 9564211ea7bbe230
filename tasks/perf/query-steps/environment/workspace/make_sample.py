# overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
"""Writes a database with made-up content: python3 make_sample.py OUT.db [SEED]"""
import os
import random
import sqlite3
import sys

rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
if os.path.exists(sys.argv[1]):
    sys.exit("%s is there already" % sys.argv[1])
base = sqlite3.connect(sys.argv[1])
base.executescript(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.sql"), encoding="utf-8").read())
base.executemany("INSERT INTO sensor VALUES (?, ?)", ((i, "sensor %d" % i) for i in range(1, 51)))
clock = [0] * 51
for number in range(1, 20001):
    sensor = rng.randrange(1, 50)
    clock[sensor] += rng.choice((0, rng.randrange(1, 3700), 4000))
    base.execute("INSERT INTO reading VALUES (?, ?, ?, ?)", (number, sensor, clock[sensor], rng.randrange(100)))
for number in range(1, 3001):
    start = rng.randrange(40000)
    base.execute("INSERT INTO maintenance VALUES (?, ?, ?, ?)",
                 (number, "site %d" % rng.randrange(1, 4), start, start + rng.randrange(0, 3000)))
base.commit()
