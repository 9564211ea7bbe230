# overhang canary 9888344100c18ccd479c4c13ed90d488
import datetime
import os
import random
import sqlite3

import box

SCHEMA = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, product TEXT NOT NULL, first TEXT NOT NULL, last TEXT, price INTEGER, known TEXT NOT NULL);
CREATE TABLE sale (id INTEGER PRIMARY KEY, product TEXT NOT NULL, day TEXT NOT NULL, quantity INTEGER NOT NULL, charged INTEGER NOT NULL);
CREATE TABLE question (product TEXT NOT NULL, day TEXT NOT NULL, believed TEXT NOT NULL);
"""
END = "9999-12-31"


def read(name):
    with open(os.path.join(box.WORKSPACE, name), encoding="utf-8") as source:
        return source.read()


def day(number):
    return (datetime.date(2021, 12, 20) + datetime.timedelta(days=number)).isoformat()


def rows(seed):
    rng = random.Random(seed)
    products = ["tea", "Rum", "jam", "a b", "oat"][: rng.randrange(2, 6)]
    span = rng.choice((12, 90, 900))
    entries, number = [], 0
    for product in products:
        for _ in range(rng.choice((1, 4, 12, 40))):
            number += rng.randrange(1, 3)
            first = rng.randrange(span)
            last = first + rng.choice((-3, 0, 1, 2, span // 4, span // 2))
            entries.append((number, product, day(first), rng.choice((None, day(last), day(last), day(last))), rng.choice((100, 100, 120, 95, 0, None)),
                            day(rng.choice((first, first - 5, rng.randrange(span), 7)))))
    rng.shuffle(entries)
    sales = [(i, rng.choice(products + ["ghost"]), day(rng.randrange(-3, span + 9)), rng.randrange(1, 5), rng.choice((100, 200, 120, 240, 0, 300))) for i in range(1, rng.choice((30, 700)))]
    questions = [(rng.choice(products + ["ghost"]), day(rng.randrange(-3, span + 9)), day(rng.randrange(-3, span + 9))) for _ in range(60)]
    return entries, sales, list(dict.fromkeys(questions))


def price(entries, product, when, believed=END):
    known = [(e[5], e[0], e[4]) for e in entries if e[1] == product and e[5] <= believed and e[2] <= when <= (e[3] or END)]
    return max(known)[2] if known else None


def asof(entries, sales, questions):
    lines = [(p, d, b, price(entries, p, d, b)) for p, d, b in sorted(questions)]
    return [line[:3] + ("" if line[3] is None else line[3],) for line in lines]


def after(text):
    return (datetime.date.fromisoformat(text) + datetime.timedelta(days=1)).isoformat()


def today(entries, sales, questions):
    lines = []
    for product in sorted({e[1] for e in entries}):
        own = [e for e in entries if e[1] == product and e[2] <= (e[3] or END)]
        cuts = sorted({e[2] for e in own} | {after(e[3]) for e in own if e[3]})
        stretch = None
        for cut, following in zip(cuts, cuts[1:] + [None]):
            last = END if following is None else (datetime.date.fromisoformat(following) - datetime.timedelta(days=1)).isoformat()
            now = price(entries, product, cut)
            if stretch and stretch[3] == now and after(stretch[2]) == cut:
                stretch[2] = last
            else:
                if stretch and stretch[3] is not None:
                    lines.append(tuple(stretch))
                stretch = [product, cut, last, now]
        if stretch and stretch[3] is not None:
            lines.append(tuple(stretch))
    return lines


def corrections(entries, sales, questions):
    lines = []
    for number, product, when, quantity, charged in sales:
        now = price(entries, product, when)
        if now is not None and now * quantity != charged:
            lines.append((product, number, charged, now * quantity, now * quantity - charged))
    return sorted(lines, key=lambda line: (line[0], -abs(line[4]), line[1]))


def compare(name, model):
    query = read(name + ".sql")
    if any(line.startswith(".") for line in query.splitlines()):
        raise AssertionError(name + ".sql has a dot-command")
    for data in DATA:
        path = os.path.join(box.scratch(), "other.db")
        base = sqlite3.connect(path)
        base.executescript(SCHEMA)
        for table, width, content in zip(("entry", "sale", "question"), (6, 5, 3), data):
            base.executemany("INSERT INTO %s VALUES (%s)" % (table, ",".join("?" * width)), content)
        base.commit()
        base.close()
        os.chmod(path, 0o644)
        got = box.run(["sqlite3", "-readonly", path], query, env={"HOME": "/nonexistent"})
        want = "".join("|".join(map(str, line)) + "\n" for line in model(*data))
        box.same(name, (got.out.decode(), got.err.decode()[:300]), (want, ""))


def asof_answers():
    compare("asof", asof)


def today_history():
    compare("today", today)


def corrections_of_sales():
    compare("corrections", corrections)


DATA = [rows(seed) for seed in range(611, 625)]
DATA.append(([(1, "x", "2022-03-01", "2022-03-31", 5, "2022-01-01"), (2, "x", "2022-03-10", "2022-03-09", 9, "2022-02-01"), (3, "x", "2022-04-01", None, 5, "2022-01-01"),
              (4, "y", "2022-03-01", None, None, "2022-01-01"), (5, "z", "2022-05-02", "2022-05-01", 3, "2022-01-01")], [(1, "x", "2022-03-10", 2, 10), (2, "y", "2022-03-10", 2, 10)], [("x", "2022-03-10", "2022-02-01")]))

box.main([asof_answers, today_history, corrections_of_sales])
