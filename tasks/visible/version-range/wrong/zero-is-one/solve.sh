#!/bin/bash
# overhang canary 7d5f3dadc072547df7fc934e51c4f111
# A caret with a first number of 0 keeps the first number only.
set -e
cat > ranges.py <<"PY"
# overhang canary 7d5f3dadc072547df7fc934e51c4f111
"""Which versions a range admits."""
import operator

COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!": operator.ne,
}


def parse(version):
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def term_matches(term, version):
    if term == "*":
        return True
    if term.endswith(".x"):
        start = [int(part) for part in term.split(".")[:-1]]
        return list(version[:len(start)]) == start
    if term[0] in "~^":
        least = parse(term[1:])
        same = 2 if term[0] == "~" else 1
        return version >= least and version[:same] == least[:same]
    for sign, compare in COMPARISONS.items():
        if term.startswith(sign):
            return compare(version, parse(term[len(sign):]))
    return version == parse(term)


def matches(range, version):
    numbers = parse(version)
    terms = [part.split() for part in range.split(" or ")]
    return any(all(term_matches(term, numbers) for term in part) for part in terms)


def best(range, versions):
    return max((version for version in versions if matches(range, version)), key=parse, default=None)
PY
