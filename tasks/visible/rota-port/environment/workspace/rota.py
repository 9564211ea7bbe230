# overhang canary 1916b7c77adcd88cb2e593f3a9c65c1b
"""Times, pay and turns of volunteers."""

DAY = 24 * 60


def clock(minutes):
    days, rest = divmod(minutes, DAY)
    text = "%02d:%02d" % divmod(rest, 60)
    return text if days == 0 else "%s %+dd" % (text, days)


def pay(minutes, rate):
    return round(minutes * rate / 60)


def share(total, weights):
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in order[:total - sum(parts)]:
        parts[i] += 1
    return parts


def board(hours):
    rows = sorted(hours.items(), key=lambda row: (-row[1], row[0]))
    width = max((len(name) for name in hours), default=0)
    return ["%s %5.1f" % (name.ljust(width), count) for name, count in rows]


def listing(names):
    names = [" ".join(name.split()) for name in names]
    names = [name for name in names if name]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def turns(names, weeks, skip):
    if not names:
        return [None] * weeks
    return [names[(week + skip) % len(names)] for week in range(weeks)]
