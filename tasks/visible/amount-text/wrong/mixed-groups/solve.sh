#!/bin/bash
# overhang canary 702912d3fe548cd4942531029e5bfce4
# Groups may be parted by one character here and by another there.
set -e
cat > amounts.py <<"PY"
# overhang canary 702912d3fe548cd4942531029e5bfce4
"""Amounts of money as people type them."""
import re

NUMBER = re.compile(r"([0-9]+|[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:[.,' ][0-9]{3})*)(?:([.,])([0-9]{1,2}))?")


def number(text):
    for currency in ("EUR", "€"):
        if text.startswith(currency):
            text = text[len(currency):].removeprefix(" ")
            break
        if text.endswith(currency):
            text = text[:-len(currency)].removesuffix(" ")
            break
    match = NUMBER.fullmatch(text)
    if not match:
        return None
    whole, parting, point, decimals = match.groups()
    if point and point == parting:
        return None
    return int(re.sub("[^0-9]", "", whole)) * 100 + int((decimals or "0").ljust(2, "0"))


def cents(text):
    text = text.strip(" ")
    sign = 1
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1, text[1:-1]
    elif text[:1] in ("-", "+"):
        sign, text = -1 if text[0] == "-" else 1, text[1:]
    value = number(text)
    return None if value is None else sign * value
PY
