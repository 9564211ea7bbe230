#!/bin/bash
# overhang canary 3e27e8a761b3ace0c85059067711528b
set -e
cat > walk.py <<"PY"
# overhang canary 3e27e8a761b3ace0c85059067711528b
"""Drives a lawn mower over a field of squares."""
import re

FACING = "NESW"
STEPS = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}


def parse(program):
    """The program as a list of pairs: how often, and a command or such a list."""
    open_lists, counts, count = [[]], [], None
    if re.search(r"[0-9]\s+[0-9]", program):
        raise ValueError("two numbers")
    for token in re.findall(r"[0-9]+|\S", program):
        if re.fullmatch("[0-9]+", token):
            count = int(token)
        elif token == "(":
            counts.append(1 if count is None else count)
            open_lists.append([])
            count = None
        elif token == ")":
            if not counts or count is not None:
                raise ValueError("unexpected )")
            group = open_lists.pop()
            open_lists[-1].append((counts.pop(), group))
        elif token in "FBLR":
            open_lists[-1].append((1 if count is None else count, token))
            count = None
        else:
            raise ValueError("unknown sign " + token)
    if counts or count is not None:
        raise ValueError("the program ends too early")
    return open_lists[0]


def commands(program):
    for count, what in program:
        for _ in range(count):
            if isinstance(what, str):
                yield what
            else:
                yield from commands(what)


def path(program, walls):
    walls = {tuple(square) for square in walls}
    x, y, facing = 0, 0, "N"
    yield x, y, facing
    for command in commands(parse(program)):
        if command in "FB":
            dx, dy = STEPS[facing]
            way = 1 if command == "F" else -1
            if (x + way * dx, y + way * dy) not in walls:
                x, y = x + way * dx, y + way * dy
        else:
            turn = 1 if command == "R" else -1
            facing = FACING[(FACING.index(facing) + turn) % 4]
        yield x, y, facing


def walk(program, walls=()):
    for last in path(program, walls):
        pass
    return last


def mown(program, walls=()):
    return len({(x, y) for x, y, _ in path(program, walls)})
PY
