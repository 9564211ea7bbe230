# overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
import datetime
import itertools
import os
import random
import sqlite3

import box


def read(path):
    with open(os.path.join(box.WORKSPACE, path), encoding="utf-8") as source:
        return source.read()


def month_after(month):
    year, number = map(int, month.split("-"))
    return "%04d-%02d" % (year + number // 12, number % 12 + 1)


def rows(seed):
    """Customers, orders, items and refunds, with ties, gaps and equal names."""
    rng = random.Random(seed)
    names = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus"]
    regions = ["east", "west", "mid", None]
    customers = [(i, rng.choice(names), rng.choice(regions)) for i in range(1, rng.randrange(8, 30))]
    if seed % 2:
        customers.append((500, "Zed", "lonely"))
    start = datetime.datetime(2023, 11, 20, 0, 0, 0)
    orders, items, refunds = [], [], []
    buyers = [c[0] for c in customers[: max(2, len(customers) * 2 // 3)]]
    for number in range(1, rng.randrange(40, 140)):
        day = rng.choice((rng.randrange(0, 9), rng.randrange(30, 50), rng.randrange(150, 420)))
        at = start + datetime.timedelta(days=day, seconds=rng.choice((0, 86399, rng.randrange(86400))))
        status = rng.choice(("open", "shipped", "shipped", "cancelled"))
        orders.append((number, rng.choice(buyers), at.isoformat(" "), status))
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            items.append((number, "thing", rng.randrange(1, 4), rng.choice((100, 250, 500))))
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            later = at + datetime.timedelta(days=rng.randrange(0, 60))
            refunds.append((number, later.isoformat(" "), rng.choice((50, 100, 250))))
    orders.append((9001, buyers[0], "2026-01-02 03:04:05", "cancelled"))
    refunds.append((9001, "2026-01-31 23:59:59", 75))
    refunds.append((1, "2026-02-01 00:00:00", 999))
    return customers, orders, items, refunds


def database(data):
    folder = box.scratch()
    path = os.path.join(folder, "other.db")
    base = sqlite3.connect(path)
    base.executescript(SCHEMA)
    for table, width, content in zip(("customer", "purchase", "item", "refund"), (3, 4, 4, 3), data):
        base.executemany("INSERT INTO %s VALUES (%s)" % (table, ",".join("?" * width)), content)
    base.commit()
    base.close()
    os.chmod(path, 0o644)
    return path


def text(lines):
    return "".join("|".join(map(str, line)) + "\n" for line in lines)


def monthly(customers, orders, items, refunds):
    cost = gross_by_order(items)
    months = [order[2][:7] for order in orders]
    month, last, running, lines = min(months), max(months), 0, []
    while month <= last:
        live = [o for o in orders if o[2][:7] == month and o[3] != "cancelled"]
        gross = sum(cost.get(o[0], 0) for o in live)
        back = sum(r[2] for r in refunds if r[1][:7] == month)
        running += gross - back
        lines.append((month, len(live), gross, back, gross - back, running))
        month = month_after(month)
    return text(lines)


def gross_by_order(items):
    cost = {}
    for order, _, quantity, price in items:
        cost[order] = cost.get(order, 0) + quantity * price
    return cost


def best(customers, orders, items, refunds):
    cost = gross_by_order(items)
    spent = {c[0]: 0 for c in customers}
    for number, customer, _, status in orders:
        if status != "cancelled":
            spent[customer] += cost.get(number, 0) - sum(r[2] for r in refunds if r[0] == number)
    lines = []
    for region in {c[2] or "(none)" for c in customers}:
        members = [c for c in customers if (c[2] or "(none)") == region]
        levels = sorted({spent[c[0]] for c in members}, reverse=True)[:2]
        lines += [(region, levels.index(spent[c[0]]) + 1, c[1], c[0], spent[c[0]])
                  for c in members if spent[c[0]] in levels]
    return text((r, p, n, s) for r, p, n, _, s in sorted(lines))


def streaks(customers, orders, items, refunds):
    lines = []
    for number, name, _ in customers:
        days = sorted({datetime.date.fromisoformat(o[2][:10]).toordinal()
                       for o in orders if o[1] == number and o[3] != "cancelled"})
        runs = []
        for _, group in itertools.groupby(enumerate(days), lambda pair: pair[1] - pair[0]):
            group = [day for _, day in group]
            runs.append((len(group), group[0], group[-1]))
        if runs and max(runs)[0] > 1:
            length, first, last = max(runs)
            lines.append((-length, name, number, first, last))
    day = datetime.date.fromordinal
    return text((n, day(f), day(t), -length) for length, n, _, f, t in sorted(lines))


def compare(name, model):
    query = read(name + ".sql")
    if any(line.startswith(".") for line in query.splitlines()):
        raise AssertionError(name + ".sql has a dot-command")
    for data in DATA:
        got = box.run(["sqlite3", "-readonly", database(data)], query, env={"HOME": "/nonexistent"})
        box.same(name, (got.out.decode(), got.err.decode()), (model(*data), ""))


def monthly_report():
    compare("monthly", monthly)


def best_report():
    compare("best", best)


def streaks_report():
    compare("streaks", streaks)


SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, region TEXT);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer(id),
    placed_at TEXT NOT NULL, status TEXT NOT NULL);
CREATE TABLE item (purchase_id INTEGER NOT NULL REFERENCES purchase(id), product TEXT NOT NULL,
    quantity INTEGER NOT NULL, unit_price INTEGER NOT NULL);
CREATE TABLE refund (purchase_id INTEGER NOT NULL REFERENCES purchase(id), paid_at TEXT NOT NULL,
    amount INTEGER NOT NULL);
"""
DATA = [rows(seed) for seed in range(31, 43)]

box.main([monthly_report, best_report, streaks_report])
