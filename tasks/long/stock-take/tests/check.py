# overhang canary ee05c91ac3588dfcd3519655c16c68bc
import json
import os
import random
import signal
import sqlite3
import time

import box

STOCK = box.WORKSPACE + "/stock"
PRICES = {"1,50": 150, "1.234,50": 123450, "12": 1200, "0,05": 5, "1.000.000": 100000000, "7,5": 750, "0": 0}
BAD_PRICES = ["", "x", "1,234", "1.23,00", "-1,00", "1,", ",50", "1.2345", "12 EUR", "1234.567,00", "+1"]
TIMES = {"2024-05-01T10:00:00+02:00": "2024-05-01 08:00:00", "2024-05-01T08:00:00Z": "2024-05-01 08:00:00", "2024-04-30T23:59:59-01:30": "2024-05-01 01:29:59", "2024-02-29T00:00:00+14:00": "2024-02-28 10:00:00",
         "2024-12-31T23:30:00-00:45": "2025-01-01 00:15:00"}
BAD_TIMES = ["2024-05-01", "2024-05-01T10:00:00", "2023-02-29T00:00:00Z", "2024-05-01T24:00:00Z", "2024-05-01 10:00:00Z", "2024-5-1T10:00:00Z", "2024-05-01T10:00:00+2:00", 5, None, "2024-05-01T10:00:00+24:00"]


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


class Exports:
    """Three files and what they mean, loaded onto a model."""

    def __init__(self, rng, items=12, moves=60, first_move=0, counted="2024-05-01T09:00:00+01:00"):
        self.rows, self.files = {"items": [], "moves": [], "count": []}, {}
        lines = ["number;name;price;unit"]
        line_at = 2
        for _ in range(items):
            number = str(rng.randrange(1, items + 3)) if rng.random() < 0.7 else rng.choice(("00%d" % rng.randrange(1, 9), " 7 ", "x1", "", "0", "-3", "1.0", "000"))
            name = rng.choice(("Schraube", "Größe \"M\"; rot", "two\nlines", "", "a;b", "Käse"))
            price = rng.choice(list(PRICES) * 9 + BAD_PRICES)
            raw = "%s;%s;%s;%s" % (number, quoted(name) if rng.random() < 0.5 or set(name) & set(';"\n') else name, quoted(price) if rng.random() < 0.3 else price, "kg")
            if rng.random() < 0.08:
                raw = rng.choice((number + ";only two", raw + ";five"))
                self.rows["items"].append((line_at, None))
            else:
                self.rows["items"].append((line_at, (number, name, price, "kg")))
            lines.append(raw)
            line_at += 1 + raw.count("\n")
        self.files["items.csv"] = ("\r\n".join(lines) + "\r\n").encode("latin-1")
        text = []
        for number in range(moves):
            move = {"id": "m%d" % (first_move + rng.randrange(moves + 5)), "item": rng.choice([rng.randrange(1, items + 4)] * 40 + ["2", 1.5, True, None]), "kind": rng.choice(("in", "in", "in", "out", "out")) if rng.random() < 0.95 else rng.choice((None, "lost")),
                    "amount": rng.choice([rng.randrange(1, 30)] * 60 + [0, -1, 2.0, "3", True]), "at": rng.choice(list(TIMES) * 20 + BAD_TIMES)}
            if rng.random() < 0.05:
                del move[rng.choice(list(move))]
            if rng.random() < 0.05:
                move["id"] = rng.choice((5, "", None))
            raw = json.dumps(move, ensure_ascii=rng.random() < 0.5)
            if rng.random() < 0.06:
                raw, move = rng.choice(("{", "[1]", '"x"', raw[:-1], raw + " x", "null")), None
            text.append(raw)
            self.rows["moves"].append((len(text), move))
            if rng.random() < 0.05:
                text.append("")
        self.files["moves.jsonl"] = ("\n".join(text) + "\n").encode()
        text = ["COUNTED AT " + counted]
        self.counted = TIMES.get(counted, "2024-05-01 08:00:00")
        for _ in range(items):
            item, amount = rng.randrange(1, items + 4), rng.randrange(0, 60)
            raw = "%8d%-12s%8d" % (item, rng.choice(("shelf A 1", "Lager 2", "", "123456789012", "Büro ½")), amount)
            if rng.random() < 0.12:
                raw = rng.choice((raw[:-9], raw + "0", "%8s%-12s%8d" % ("x", "y", 3), "%8d%-12s%8s" % (item, "y", "-3"), "%8d%-12s%8s" % (item, "y", ""), "  " + raw))
                self.rows["count"].append((len(text) + 1, None))
            else:
                self.rows["count"].append((len(text) + 1, (item, amount)))
            text.append(raw)
        self.files["count.txt"] = ("\n".join(text) + "\n").encode()


class Model:
    def __init__(self):
        self.items, self.moves, self.count, self.reject, self.counted = {}, {}, {}, [], None

    def load(self, exports):
        self.reject, self.count, seen = [], {}, set()
        for line, row in exports.rows["items"]:
            reason = None
            if row is None:
                reason = "bad line"
            else:
                number = row[0].strip()
                if not (number.isdigit() and int(number) > 0):
                    reason = "bad number"
                elif row[2] not in PRICES:
                    reason = "bad price"
                elif int(number) in seen:
                    reason = "duplicate"
                else:
                    seen.add(int(number))
                    self.items[int(number)] = (row[1], PRICES[row[2]], row[3])
            if reason:
                self.reject.append(("items.csv", line, reason))
        here = set()
        whole = lambda value: isinstance(value, int) and not isinstance(value, bool)
        for line, move in exports.rows["moves"]:
            if not isinstance(move, dict):
                reason = "bad json"
            elif not isinstance(move.get("id"), str) or not move["id"]:
                reason = "bad id"
            elif not whole(move.get("item")) or move["item"] not in self.items:
                reason = "unknown item"
            elif move.get("kind") not in ("in", "out"):
                reason = "bad kind"
            elif not whole(move.get("amount")) or move["amount"] < 1:
                reason = "bad amount"
            elif not isinstance(move.get("at"), str) or move["at"] not in TIMES:
                reason = "bad time"
            elif move["id"] in here:
                reason = "duplicate"
            else:
                here.add(move["id"])
                self.moves.setdefault(move["id"], (move["item"], move["amount"] * (1 if move["kind"] == "in" else -1), TIMES[move["at"]]))
                continue
            self.reject.append(("moves.jsonl", line, reason))
        for line, row in exports.rows["count"]:
            if row is None:
                self.reject.append(("count.txt", line, "bad line"))
            elif row[0] not in self.items:
                self.reject.append(("count.txt", line, "unknown item"))
            else:
                self.count[row[0]] = self.count.get(row[0], 0) + row[1]
        self.counted = exports.counted

    def report(self, at=None):
        money = lambda cents: ("-" if cents < 0 else "") + "{:,}".format(abs(cents) // 100).replace(",", ".") + ",%02d" % (abs(cents) % 100)
        lines, missing, total = [], [], 0
        for item, (name, price, _) in self.items.items():
            booked = sum(amount for one, amount, when in self.moves.values() if one == item and when <= (at or self.counted))
            if item not in self.count:
                if booked:
                    missing.append(item)
            elif self.count[item] != booked:
                difference = self.count[item] - booked
                total += difference * price
                lines.append((-abs(difference * price), item, "%d|%s|%d|%d|%+d|%s" % (item, name.replace("\n", " "), booked, self.count[item], difference, money(difference * price))))
        text = "".join(line + "\n" for _, _, line in sorted(lines))
        return text + "total " + money(total) + "\n" + ("not counted: " + ", ".join(map(str, sorted(missing))) + "\n" if missing else "")


def stock(*arguments, code=0):
    got = box.run([STOCK, *arguments])
    box.same("status of stock " + " ".join(arguments[:2]), (got.code, b"" if got.code == code else got.err[-300:]), (code, b""))
    return got


def same_state(label, path, model):
    base = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    box.same(label + ", items", base.execute("SELECT number, name, price, unit FROM item ORDER BY number").fetchall(), [(n,) + model.items[n] for n in sorted(model.items)])
    box.same(label + ", moves", base.execute("SELECT id, item, amount, at FROM move ORDER BY id").fetchall(), [(n,) + model.moves[n] for n in sorted(model.moves)])
    box.same(label + ", count", base.execute("SELECT item, amount FROM count ORDER BY item").fetchall(), sorted(model.count.items()))
    box.same(label + ", counted", base.execute("SELECT value FROM setting WHERE name = 'counted'").fetchall(), [(model.counted,)])
    box.same(label + ", rejects", base.execute("SELECT file, line, reason FROM reject ORDER BY file, line").fetchall(), sorted(model.reject))
    base.close()
    box.same(label + ", report", stock("report", path).out.decode("utf-8", "replace"), model.report())


def loads(label, *steps):
    model = Model()
    path = box.scratch() + "/the stock.db"
    for number, exports in enumerate(steps):
        stock("load", box.scratch(exports.files), path)
        model.load(exports)
        same_state("%s, load %d" % (label, number + 1), path, model)
    return path, model


def first_loads():
    for seed in range(5):
        loads("first, %d" % seed, Exports(random.Random(30500 + seed)))


def further_loads():
    for seed in range(3):
        rng = random.Random(30600 + seed)
        one = Exports(rng)
        loads("further, %d" % seed, one, one, Exports(rng, 8, 30, 20, "2024-12-31T23:30:00-00:45"), Exports(rng, 0, 10, 40))


def other_times():
    path, model = loads("times", Exports(random.Random(30700), 20, 200))
    for given, meant in TIMES.items():
        box.same("report at " + given, stock("report", "--at", given, path).out.decode("utf-8", "replace"), model.report(meant))
    for bad in ("2024-05-01", "x"):
        box.same("report at " + bad, stock("report", "--at", bad, path, code=2).out, b"")


def failing_loads():
    path, model = loads("failing", Exports(random.Random(30800)))
    newer = Exports(random.Random(30801), 15, 70)
    for name in newer.files:
        folder = box.scratch({key: value for key, value in newer.files.items() if key != name})
        stock("load", folder, path, code=1)
        same_state("without " + name, path, model)
    broken = dict(newer.files, **{"count.txt": b"COUNTED YESTERDAY\n"})
    stock("load", box.scratch(broken), path, code=1)
    same_state("with a bad count.txt", path, model)


def a_load_that_is_killed():
    path, model = loads("killed", Exports(random.Random(30850)))
    newer = Exports(random.Random(30851), 300, 6000)
    folder, before = box.scratch(newer.files), same_content(path)
    # How long a load takes, to kill others on their way; what comes of it may not depend on when that is.
    began = time.monotonic()
    other = box.scratch() + "/the stock.db"
    stock("load", folder, other)
    took = min(time.monotonic() - began, 2)
    for part in (0.35, 0.55, 0.7, 0.85):
        process = box.start([STOCK, "load", folder, path])
        time.sleep(took * part)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if process.wait() == 0:
            break
        if same_content(path) != before:
            # Whole or not at all.
            model.load(newer)
            same_state("killed late", path, model)
            return
    stock("load", folder, path)
    model.load(newer)
    same_state("after killed loads", path, model)


def same_content(path):
    base = sqlite3.connect(path)
    content = [base.execute("SELECT * FROM %s ORDER BY 1, 2" % table).fetchall() for table in ("item", "move", "count", "setting", "reject")]
    base.close()
    return content


def usage():
    for arguments in ((), ("load",), ("load", "/tmp"), ("frob", "a", "b"), ("report",), ("report", "--at", "x"), ("report", "a", "b", "c")):
        stock(*arguments, code=2)


def large_load():
    loads("large", Exports(random.Random(30900), 300, 12000))


box.main([first_loads, further_loads, other_times, failing_loads, a_load_that_is_killed, usage, large_load])
