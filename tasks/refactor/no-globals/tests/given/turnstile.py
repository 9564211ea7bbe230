# overhang canary 78f198a04597cb0a438e4e0c7e9df162
"""Counts people at the doors of a building.

    configure({"doors": {"north": 2, "south": 1}, "limit": 100})
    enter("north", ["kim", "ada"])    -> number of people inside
    leave("south", "kim")
    inside()                          -> names, in the order of entry
    on_full(function)                 -> called with the number inside when the limit is reached
    report()                          -> text, a line for each door
    undo()                            -> takes back the last movement
"""
import json
import os

people = []
doors = {"main": 1}
limit = 10
moves = {}
history = []
callbacks = []
DEFAULTS = {"verbose": False, "tags": []}
settings = DEFAULTS


def configure(config):
    """Sets doors (name to width: how many may pass at a time), limit and settings; forgets all movements."""
    global doors, limit, people, moves, history
    for name, width in config.get("doors", {}).items():
        if not isinstance(width, int) or width < 1:
            raise ValueError("door %s: bad width %r" % (name, width))
    doors = config.get("doors", doors)
    limit = config.get("limit", limit)
    settings.update(config.get("settings", {}))
    people = []
    moves = {}
    history = []
    return settings


def enter(door, names=[]):
    """Lets one person (a string) or several (a list) in; all or nobody."""
    if isinstance(names, str):
        names = [names]
    if door not in doors:
        raise KeyError("no door %s" % door)
    if len(names) > doors[door]:
        raise ValueError("door %s is too narrow for %d" % (door, len(names)))
    if len(people) + len(names) > limit:
        raise OverflowError("full: %d of %d inside" % (len(people), limit))
    for name in names:
        if name in people or names.count(name) > 1:
            raise ValueError("%s is inside" % name)
    people.extend(names)
    moves.setdefault(door, [0, 0])[0] += len(names)
    history.append(("enter", door, list(names)))
    if len(people) == limit:
        for callback in callbacks:
            callback(len(people))
    return len(people)


def leave(door, name):
    if door not in doors:
        raise KeyError("no door %s" % door)
    if name not in people:
        raise ValueError("%s is not inside" % name)
    index = people.index(name)
    people.remove(name)
    moves.setdefault(door, [0, 0])[1] += 1
    history.append(("leave", door, (index, name)))
    return len(people)


def inside():
    return people


def on_full(function):
    callbacks.append(function)
    return len(callbacks)


def undo():
    """Takes back the last movement; None if there is none, else its kind."""
    if not history:
        return None
    kind, door, what = history.pop()
    if kind == "enter":
        for name in what:
            people.remove(name)
        moves[door][0] -= len(what)
    else:
        index, name = what
        people.insert(index, name)
        moves[door][1] -= 1
    return kind


def report():
    lines = []
    for name in sorted(doors):
        came, went = moves.get(name, [0, 0])
        lines.append("%s: %d in, %d out" % (name, came, went))
    if settings["verbose"]:
        lines.append("inside: " + ", ".join(people))
    if settings["tags"]:
        lines.append("tags: " + " ".join(settings["tags"]))
    return "\n".join(lines)


if os.path.exists("turnstile.json"):
    with open("turnstile.json", encoding="utf-8") as source:
        configure(json.load(source))
