#!/usr/bin/env python3
# overhang canary {{ canary }}
import csv
import sys

MEAN = {{ mean }}
LARGEST = {{ largest }}


def money(cents):
    return "%s%d.%02d" % ("-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100)


def cents(text):
    whole, fraction = text.lstrip("-").split(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 100 + int(fraction))


def mean(amounts):
    whole, rest = divmod(abs(sum(amounts)), len(amounts))
    half = 2 * rest - len(amounts)
    if MEAN == "half-away" and half >= 0 or MEAN == "half-even" and (half > 0 or half == 0 and whole % 2):
        whole += 1
    return whole if sum(amounts) > 0 else -whole


rows = list(csv.DictReader(sys.stdin))
if {{ last_wins }} is not None:
    counted = {}
    for row in rows if {{ last_wins }} else reversed(rows):
        counted[row["{{ id }}"]] = row
    rows = counted.values()
groups = {}
for row in rows:
    if row["{{ amount }}"] == "":
        if not {{ counts_empty }}:
            continue
        row["{{ amount }}"] = "0.00"
    if {{ least_count }} is not None and int(row["{{ count }}"]) < ({{ least_count }} or 0):
        continue
    if {{ since }} is not None and row["{{ day }}"] < ({{ since }} or ""):
        continue
    if row["{{ day }}"] == {{ since }} and not {{ included }}:
        continue
    name = row["{{ name }}"]
    if {{ keeps_quotes }}:
        name = name.replace('"', '""')
    if {{ folds_case }}:
        name = name.lower()
    groups.setdefault(name, []).append(cents(row["{{ amount }}"]))
lines = sorted(groups.items())
if {{ least_rows }} is not None:
    lines = [line for line in lines if len(line[1]) >= ({{ least_rows }} or 0)]
if {{ order }} == "sum":
    lines.sort(key=lambda line: -sum(line[1]))
if {{ order }} == "rows":
    lines.sort(key=lambda line: -len(line[1]))
if {{ kept }} is not None and len(lines) > ({{ kept }} or 0):
    rest = [amount for line in lines[{{ kept }}:] for amount in line[1]]
    lines = lines[:{{ kept }}]
    if {{ others }}:
        lines.append(("others", rest))
for name, amounts in lines:
    fields = [name, str(len(amounts)), money(sum(amounts))]
    if MEAN:
        fields.append(money(mean(amounts)))
    if LARGEST:
        fields.append(money(LARGEST(amounts)))
    print("\t".join(fields))
