#!/bin/bash
# overhang canary 3f1ad85e3f0dcc0d949ca340c1f8c777
set -e
cat > hours.py <<"PY"
# overhang canary 3f1ad85e3f0dcc0d949ca340c1f8c777
"""Opening hours of shops."""

DAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]
DAY = 24 * 60
WEEK = 7 * DAY


def minutes(time):
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def days_of(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        at, end = DAYS.index(first), DAYS.index(last or first)
        while at != end:
            yield at
            at = (at + 1) % 7
        yield end


def stretches(text):
    """Pairs of minutes since the start of the week; an end may lie in the next week."""
    by_day = {}
    for rule in text.split(";"):
        if not rule.strip():
            continue
        days, hours = rule.split()
        parts = [] if hours == "off" else [part.split("-") for part in hours.split(",")]
        for day in days_of(days):
            by_day[day] = [(minutes(start), minutes(end)) for start, end in parts]
    for day, parts in by_day.items():
        for start, end in parts:
            if end <= start:
                end += DAY
            yield day * DAY + start, day * DAY + end


def wait(text, day, time):
    now = DAYS.index(day) * DAY + minutes(time)
    waits = []
    for start, end in stretches(text):
        if (now - start) % WEEK < end - start:
            return 0
        waits.append((start - now) % WEEK)
    return min(waits, default=None)


def is_open(text, day, time):
    return wait(text, day, time) == 0
PY
