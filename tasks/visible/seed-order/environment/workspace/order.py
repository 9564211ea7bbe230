# overhang canary 714f95345a229f39de9bcde24f74c5b9
"""What an order of seed packets costs, in cents."""

POSTAGE = 490
FREE_POSTAGE = 3000
CODES = {"SPRING": (2000, 300)}


def line_cost(price, number):
    if price < 0:
        raise ValueError("negative price")
    cost = price * number
    if number > 10:
        cost -= round(cost * 0.1)
    return cost


def total(lines, member=False, code=None):
    goods = sum(line_cost(price, number) for price, number in lines)
    postage = 0 if goods > FREE_POSTAGE else POSTAGE
    if code in CODES:
        least, off = CODES[code]
        if goods >= least:
            goods -= off
    if member:
        goods -= round(goods * 0.05)
    return goods + postage


def show(cents):
    return "%d.%d" % (cents // 100, cents % 100)
