#!/usr/bin/env python3
# overhang canary {{ canary }}
"""Opening hours of rooms: see README."""
import sys

DAY = 24 * 60


def minutes(text):
    hours, rest = text.split(":")
    return int(hours) * 60 + {{ rest }}


def clock(value):
    return "%02d:%02d" % ({{ clock }})


def merged(stretches):
    result = []
    for start, end in {{ order }}:
        if result and start {{ touches }} result[-1][1]:
            result[-1][1] = {{ longer }}
        else:
            result.append([start, end])
    return result


rooms = {}
for line in sys.stdin:
    name, start, end = line.rsplit(None, 2)
    start, end = minutes(start), minutes(end)
    parts = [(start, end)]
    if {{ overnight }}:
        parts = [(start, DAY), (0, end)]
    for part in parts:
        if part[0] {{ empty }} part[1]:
            rooms.setdefault(name, []).append(part)
for name in sorted(rooms):
    stretches = merged(rooms[name])
    total = sum(end - start {{ total }}for start, end in stretches)
    text = ", ".join(clock(start) + "-" + clock(end) for start, end in stretches)
    print("%s: %s (%d min)" % (name, text, total))
