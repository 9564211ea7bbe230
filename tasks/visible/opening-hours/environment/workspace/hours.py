# overhang canary 3f1ad85e3f0dcc0d949ca340c1f8c777
"""Opening hours of shops."""

DAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]


def minutes(time):
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def is_open(text, day, time):
    days, hours = text.split()
    first, last = days.split("-")
    start, end = hours.split("-")
    if not DAYS.index(first) <= DAYS.index(day) <= DAYS.index(last):
        return False
    return minutes(start) <= minutes(time) < minutes(end)
