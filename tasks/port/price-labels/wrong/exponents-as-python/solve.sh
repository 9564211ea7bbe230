#!/bin/bash
# overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1
# Prints tiny and huge numbers with exponents as Python does.
set -e
cat > labels.py <<"END"
# overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1
import math
import re
import sys
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 400
BLANK = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def number(text):
    """Number() of a trimmed text; None for NaN."""
    if text == "":
        return 0.0
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return float(text)
    for prefix, base, digits in (("0x", 16, "[0-9a-fA-F]+"), ("0o", 8, "[0-7]+"), ("0b", 2, "[01]+")):
        if text[:2].lower() == prefix and re.fullmatch(digits, text[2:]):
            return float(int(text[2:], base))
    return None


def parse_int(text):
    found = re.match(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))", text)
    if not found or re.match(r"[+-]?0[xX]", text) and found[2] is None:
        return None
    value = float(int(found[2], 16) if found[2] else int(found[3]))
    return -value if found[1] == "-" else value


def shown(value):
    """String() of a finite number."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + "e%+03d" % (point - 1)
    return "-" * sign + text


def fixed(value):
    if abs(value) >= 1e21:
        return shown(value)
    rounded = Decimal(abs(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return ("-" if value < 0 else "") + str(rounded)


def js_round(value):
    if abs(value) >= 2.0**52:
        return value
    whole = math.floor(value)
    return float(whole + (value - whole >= 0.5))


def units(text):
    return text.encode("utf-16-be", "surrogatepass")


def main():
    items, bad, total = [], [], 0.0
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
        if line == "":
            continue
        parts = [part.strip(BLANK) for part in line.split(";")]
        price = number(parts[1]) if len(parts) > 1 else None
        pieces = parse_int(parts[2]) if len(parts) > 2 else 1.0
        if price is None or pieces is None:
            bad.append(parts[0])
            continue
        items.append((parts[0], price, pieces))
        total += price * pieces
    items.sort(key=lambda item: (-item[2], item[1]))
    out = []
    for name, price, pieces in items:
        dots = "." * (12 - len(units(name)) // 2)
        back = " back" if price < 0 else ""
        out.append("%s%s%s x%s = %s%s" % (name, dots, fixed(price).rjust(10), shown(pieces), shown(js_round(price * pieces)), back))
    for name in sorted(set(bad), key=units):
        # Half a pair is printed as the replacement character.
        out.append("? " + units(name)[:16].decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    out.append("total " + shown(total))
    text = "\n".join(out) + "\n"
    sys.stdout.buffer.write(re.sub("\ufffd{3}", "\ufffd", text).encode())


main()
END
