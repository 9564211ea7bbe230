# overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
import os
import random
import sqlite3

import box

LIMITS = {"latest": 20000, "gaps": 1500000, "busiest": 1500000}
SEED = 40423


def read(name):
    with open(os.path.join(box.WORKSPACE, name), encoding="utf-8") as source:
        return source.read()


def rows(seed):
    rng = random.Random(seed)
    names = ["hall", "roof", "pump", "gate", "yard"]
    sensors = [(i, rng.choice(names)) for i in range(1, rng.randrange(40, 60))]
    busy = [s[0] for s in sensors[:-3]]
    clock = {s: rng.randrange(1000) for s in busy}
    readings = []
    for number in range(1, 20001):
        sensor = rng.choice(busy)
        clock[sensor] += rng.choice((0, 0, 3599, 3600, 3601, rng.randrange(1, 3000), -rng.randrange(0, 2000)))
        readings.append((number, sensor, clock[sensor], rng.randrange(-50, 50)))
    rng.shuffle(readings)
    windows = []
    for number in range(1, 3001):
        start = rng.randrange(0, 4000) * 10
        windows.append((number, "site %d" % rng.choice((1, 1, 1, 2, 2, 3)), start, start + rng.choice((0, 10, 50, 200, 3000))))
    windows += [(5001, "void", 70, 70), (5002, "void", 30, 30), (5003, "chain", 0, 10), (5004, "chain", 10, 20), (5005, "chain", 20, 30)]
    return sensors, readings, windows


def database(data):
    base = sqlite3.connect(":memory:")
    base.executescript(SCHEMA)
    for table, width, content in zip(("sensor", "reading", "maintenance"), (2, 4, 4), data):
        base.executemany("INSERT INTO %s VALUES (%s)" % (table, ",".join("?" * width)), content)
    base.commit()
    return base


def latest(sensors, readings, windows):
    newest = {}
    for number, sensor, at, value in readings:
        newest[sensor] = max(newest.get(sensor, (at, number, value)), (at, number, value))
    return [(name, newest[i][0], newest[i][2]) for name, i in sorted((n, i) for i, n in sensors) if i in newest]


def gaps(sensors, readings, windows):
    times = {}
    for _, sensor, at, _ in readings:
        times.setdefault(sensor, set()).add(at)
    before = {}
    for sensor, seen in times.items():
        seen = sorted(seen)
        before.update({(sensor, b): a for a, b in zip(seen, seen[1:])})
    found = [(s, before[s, at], at) for _, s, at, _ in readings if (s, at) in before and at - before[s, at] > 3600]
    return sorted(found)


def busiest(sensors, readings, windows):
    lines = []
    for site in sorted({w[1] for w in windows}):
        own = [w for w in windows if w[1] == site]
        change = {}
        for _, _, start, end in own:
            change[start] = change.get(start, 0) + 1
            change[end] = change.get(end, 0) - 1
        open_, now = {}, 0
        for at in sorted(change):
            now += change[at]
            open_[at] = now
        starts = sorted({w[2] for w in own})
        most = max(open_[at] for at in starts)
        lines.append((site, most, min(at for at in starts if open_[at] == most)))
    return lines


def guard(*allowed):
    def decide(action, *_):
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
    return decide


READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
INDEXING = READING + (sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_REINDEX)


def prepared(data):
    base = database(data)
    if os.path.exists(os.path.join(box.WORKSPACE, "indexes.sql")):
        base.set_authorizer(guard(*INDEXING))
        base.executescript(read("indexes.sql"))
        base.set_authorizer(guard(*READING, sqlite3.SQLITE_TRANSACTION))
        base.commit()
    made = base.execute("SELECT type FROM sqlite_master WHERE name NOT IN ('sensor', 'reading', 'maintenance')").fetchall()
    if len(made) > 4 or {kind for kind, in made} - {"index"}:
        raise AssertionError("indexes.sql made %r" % made)
    base.set_authorizer(guard(*READING))
    return base


def compare(name, model):
    query = read(name + ".sql")
    for data in DATA:
        base = prepared(data)
        steps = [0]

        def count():
            steps[0] += 100
            return steps[0] > LIMITS[name]

        base.set_progress_handler(count, 100)
        try:
            got = base.execute(query).fetchall()
        except sqlite3.OperationalError as problem:
            raise AssertionError("%s after %d steps: %s" % (name, steps[0], problem))
        box.same(name, got, model(*data))


def latest_readings():
    compare("latest", latest)


def gaps_between_readings():
    compare("gaps", gaps)


def busiest_moments():
    compare("busiest", busiest)


SCHEMA = """
CREATE TABLE sensor (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE reading (id INTEGER PRIMARY KEY, sensor_id INTEGER NOT NULL, at INTEGER NOT NULL, value INTEGER NOT NULL);
CREATE TABLE maintenance (id INTEGER PRIMARY KEY, site TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL);
"""
DATA = [rows(SEED + i) for i in range(2)]

box.main([latest_readings, gaps_between_readings, busiest_moments])
