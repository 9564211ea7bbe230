# overhang canary {{ canary }}
# FILL IN: functions that raise if something is amiss, with inputs that the instruction does not show.
import os

import box

SCRIPT = box.WORKSPACE + "/total.sh"


def total(text):
    path = os.path.join(box.scratch(), "numbers")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o644)
    got = box.run(["bash", SCRIPT, path])
    box.same("status", got.code, 0)
    return got.out


def numbers_are_summed():
    box.same("three numbers", total("1\n20\n-4\n"), b"17\n")


def other_lines_are_left_out():
    box.same("words between", total("7\nseven\n\n8 9\n5\n"), b"12\n")


def nothing_is_nothing():
    box.same("an empty file", total(""), b"0\n")


box.main([numbers_are_summed, other_lines_are_left_out, nothing_is_nothing])
