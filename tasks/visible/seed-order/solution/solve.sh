#!/bin/bash
# overhang canary 714f95345a229f39de9bcde24f74c5b9
set -e
cat > order.py <<"PY"
# overhang canary 714f95345a229f39de9bcde24f74c5b9
"""What an order of seed packets costs, in cents."""

POSTAGE = 490
FREE_POSTAGE = 3000
CODES = {"SPRING": (2000, 300)}


def line_cost(price, number):
    if price < 0 or number < 0:
        raise ValueError("negative price or number")
    cost = price * number
    if number >= 10:
        cost -= cost * 10 // 100
    return cost


def total(lines, member=False, code=None):
    lines = list(lines)
    goods = sum(line_cost(price, number) for price, number in lines)
    if not any(number for _, number in lines):
        return 0
    if member:
        goods -= goods * 5 // 100
    least, off = CODES.get((code or "").strip().upper(), (0, 0))
    if goods >= least:
        goods -= off
    return goods + (0 if goods >= FREE_POSTAGE else POSTAGE)


def show(cents):
    sign = "-" if cents < 0 else ""
    return "%s%d.%02d" % (sign, abs(cents) // 100, abs(cents) % 100)
PY
