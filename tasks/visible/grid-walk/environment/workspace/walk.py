# overhang canary 3e27e8a761b3ace0c85059067711528b
"""Drives a lawn mower over a field of squares."""

FACING = "NESW"
STEPS = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}


def walk(program, walls=()):
    x, y, facing = 0, 0, "N"
    for command in program:
        if command == "F":
            dx, dy = STEPS[facing]
            if (x + dx, y + dy) not in walls:
                x, y = x + dx, y + dy
        elif command in "LR":
            turn = 1 if command == "R" else -1
            facing = FACING[(FACING.index(facing) + turn) % 4]
        else:
            raise ValueError("unknown command " + command)
    return x, y, facing
