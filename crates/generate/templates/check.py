# overhang canary {{ canary }}
import json
import os

import box

PROGRAM = box.WORKSPACE + "/{{ program }}"
ALONE = {{ alone }}

with open("/tests/cases.json", encoding="utf-8") as cases:
    CASES = json.load(cases)["cases"]


def command():
    """How the program is started; alone: a copy in a directory with nothing else, by Python."""
    if not ALONE:
        return [PROGRAM], box.WORKSPACE
    if os.path.islink(PROGRAM) or not os.path.isfile(PROGRAM):
        raise AssertionError(PROGRAM + " is not a file")
    with open(PROGRAM, "rb") as program:
        folder = box.scratch({"{{ program }}": program.read()})
    return ["python3", "-I", folder + "/{{ program }}"], folder


def hidden_inputs():
    argv, folder = command()
    for number, case in enumerate(CASES, 1):
        got = box.run(argv, case["input"], cwd=folder)
        box.same("output %d" % number, got.out, case["output"].encode())
        box.same("status %d" % number, got.code, 0)


box.main([hidden_inputs])
