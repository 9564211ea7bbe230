# overhang canary 78f198a04597cb0a438e4e0c7e9df162
import json
import random

import box

REFERENCE = "/tests/given/turnstile.py"
with open("/tests/driver.py", encoding="utf-8") as source:
    DRIVER = source.read()


def drive(steps, cwd=None):
    folder = cwd or box.scratch()
    got = box.run(["python3", "-B", "-c", DRIVER], json.dumps(steps), cwd=folder)
    box.same("driver's status", (got.code, got.err.decode()[-400:] if got.code else ""), (0, ""))
    return json.loads(got.out)


class Model:
    """The old module, a fresh copy of it for each building."""

    def __init__(self, source):
        self.scope = {"__name__": "old"}
        exec(source, self.scope)

    def call(self, name, *arguments):
        try:
            result = self.scope[name](*json.loads(json.dumps(arguments)))
            return ["ok", json.loads(json.dumps(result))]
        except Exception as problem:
            return [type(problem).__name__, str(problem)]


with open(REFERENCE, encoding="utf-8") as source:
    OLD = source.read().split("\nif os.path.exists")[0]


def random_call(rng):
    name = rng.choice(("enter", "enter", "enter", "leave", "leave", "inside", "undo", "report", "configure", "enter"))
    people = ["kim", "ada", "ben", "cyd", "dee"]
    door = rng.choice(("main", "a", "b", "b"))
    if name == "enter":
        return [name, door, rng.choice(people) if rng.random() < 0.5 else rng.choices(people, k=rng.randrange(0, 4))]
    if name == "leave":
        return [name, door, rng.choice(people)]
    if name == "configure":
        config = {}
        if rng.random() < 0.6:
            config["doors"] = rng.choice(({"a": 3, "b": 2}, {"main": 2, "b": 3}, {"a": 0}, {"b": "x"}, {"a": 1, "b": 4, "main": 9}))
        if rng.random() < 0.6:
            config["limit"] = rng.randrange(1, 6)
        if rng.random() < 0.6:
            config["settings"] = rng.choice(({"verbose": True}, {"tags": ["x", "y"]}, {"verbose": False, "tags": []}, {"other": 1}))
        return [name, config]
    return [name]


def compare(seed, names):
    """Random calls on several buildings at once; each has to behave as a module of its own would."""
    rng = random.Random(seed)
    models = {name: Model(OLD) for name in names}
    steps = [["new", name] for name in names if name != "module"]
    want = [["ok", None] for _ in steps]
    for _ in range(150):
        name = rng.choice(names)
        call = random_call(rng)
        if rng.random() < 0.3 and call[0] != "configure":
            call = ["enter", rng.choice(("main", "a", "b")), rng.choice(("kim", "ada", "ben", "eve"))]
        steps.append(["call", name] + call)
        want.append(models[name].call(*call))
    got = drive(steps)["results"]
    for step, one, other in zip(steps, got, want):
        box.same("%s (seed %d)" % (step, seed), one, other)


def functions_stay():
    for seed in range(4):
        compare(seed, ["module"])


def buildings_are_independent():
    for seed in range(10, 16):
        compare(seed, ["module", "x", "y"])


def constructor_takes_a_config():
    config = {"doors": {"a": 2}, "limit": 3, "settings": {"tags": ["t"]}}
    steps = [["new", "x", config], ["call", "x", "report"], ["new", "y"], ["call", "y", "report"],
             ["new", "z", {"doors": {"a": 0}}], ["call", "x", "enter", "a"], ["call", "module", "report"], ["new", "w", None],
             ["call", "w", "configure", {"settings": {"verbose": True}}], ["call", "y", "report"]]
    box.same("config", drive(steps)["results"], [
        ["ok", None], ["ok", "a: 0 in, 0 out\ntags: t"], ["ok", None], ["ok", "main: 0 in, 0 out"],
        ["ValueError", "door a: bad width 0"], ["ok", 0], ["ok", "main: 0 in, 0 out"], ["ok", None],
        ["ok", {"verbose": True, "tags": []}], ["ok", "main: 0 in, 0 out"]])


def nothing_is_shared_with_callers():
    config = {"doors": {"a": 3}, "limit": 5, "settings": {"tags": ["t"], "deep": {"tags": []}}}
    steps = [["new", "x"], ["spoil", "x", "configure", config], ["call", "x", "report"], ["spoil", "x", "enter", "a", ["k", "l"]],
             ["spoil", "x", "inside"], ["call", "x", "inside"], ["call", "x", "undo"], ["call", "x", "inside"],
             ["spoil", "x", "configure", {}], ["call", "x", "report"], ["call", "x", "configure", {}], ["new", "y"],
             ["call", "y", "configure", {}]]
    got = drive(steps)["results"]
    box.same("after the caller changed what it gave and got", got, [
        ["ok", None], ["ok", None], ["ok", "a: 0 in, 0 out\ntags: t"], ["ok", None], ["ok", None], ["ok", ["k", "l"]],
        ["ok", "enter"], ["ok", []], ["ok", None], ["ok", "a: 0 in, 0 out\ntags: t"],
        ["ok", {"verbose": False, "tags": ["t"], "deep": {"tags": []}}], ["ok", None], ["ok", {"verbose": False, "tags": []}]])


def copies_go_on_alone():
    for way in ("deepcopy", "pickle"):
        steps = [["new", "x", {"doors": {"a": 2}, "limit": 3}], ["note", "x", "n"], ["call", "x", "enter", "a", "kim"], [way, "y", "x"],
                 ["call", "y", "enter", "a", ["ada", "ben"]], ["call", "x", "inside"], ["call", "y", "inside"], ["call", "y", "undo"],
                 ["call", "y", "undo"], ["call", "y", "undo"], ["call", "x", "report"], ["call", "y", "report"],
                 ["call", "x", "leave", "a", "kim"], ["call", "x", "undo"], ["call", "x", "inside"], ["note", "y", "m"]]
        got = drive(steps)
        box.same(way, [value for _, value in got["results"]], [
            None, 1, 1, None, 3, ["kim"], ["kim", "ada", "ben"], "enter", "enter", None, "a: 1 in, 0 out", "a: 0 in, 0 out", 0, "leave",
            ["kim"], 2])
        box.same(way + ": callbacks", got["calls"], [["n", 3]])


def callbacks_belong_to_a_building():
    steps = [["new", "x", {"limit": 1}], ["new", "y", {"limit": 1}], ["note", "x", "x"], ["note", "module", "m"], ["note", "x", "x2"],
             ["call", "y", "enter", "main", "k"], ["call", "x", "enter", "main", "k"], ["call", "x", "configure", {"limit": 1}],
             ["call", "x", "enter", "main", "k"]]
    got = drive(steps)
    box.same("numbers", [value for _, value in got["results"]][2:5], [1, 1, 2])
    box.same("calls", got["calls"], [["x", 1], ["x2", 1], ["x", 1], ["x2", 1]])


def callbacks_may_ask():
    steps = [["new", "x"]]
    for who in ("x", "module"):
        steps += [["call", who, "configure", {"limit": 2}], ["curious", who], ["call", who, "enter", "main", "k"], ["call", who, "enter", "main", "l"]]
    box.same("what callbacks see", drive(steps)["calls"], [[who, 2, ["k", "l"], "main: 2 in, 0 out"] for who in ("x", "module")])


def file_is_read_at_the_first_call():
    config = {"doors": {"f": 1}, "limit": 2}
    other = {"doors": {"g": 1}}
    steps = [["new", "x"], ["call", "x", "report"], ["chdir", "there"], ["write", "turnstile.json", config], ["new", "y"],
             ["call", "y", "report"], ["call", "module", "report"], ["write", "turnstile.json", other], ["call", "module", "report"],
             ["chdir", ".."], ["write", "turnstile.json", other], ["call", "module", "report"]]
    folder = box.scratch({"turnstile.json": json.dumps({"doors": {"wrong": 1}})})
    got = [value for _, value in drive(steps, folder)["results"]]
    box.same("reports", [got[1], got[5], got[6], got[8], got[11]], ["main: 0 in, 0 out"] * 2 + ["f: 0 in, 0 out"] * 3)
    for first in (["call", "module", "inside"], ["call", "module", "undo"], ["note", "module", "n"],
                  ["call", "module", "configure", {"limit": 3}]):
        folder = box.scratch({"turnstile.json": json.dumps(config)})
        got = drive([first, ["write", "turnstile.json", other], ["call", "module", "report"]], folder)["results"]
        box.same("report after %s" % first[2], got[2][1], "f: 0 in, 0 out")


def import_does_nothing():
    folder = box.scratch({"turnstile.json": "no json"})
    got = box.run(["python3", "-B", "-c", "import sys; sys.path.insert(0, '/workspace'); import turnstile; turnstile.Building()"],
                  cwd=folder)
    box.same("import beside a bad file", (got.code, got.out, got.err), (0, b"", b""))


def threads_lose_nothing():
    steps = [["new", "x", {"doors": {"a": 1}, "limit": 3}], ["threads", "x", 6, 25]]
    box.same("threads", drive(steps)["results"][1], ["ok", [151, 150, ["resident"], True]])


box.main([functions_stay, buildings_are_independent, constructor_takes_a_config, nothing_is_shared_with_callers,
          copies_go_on_alone, callbacks_belong_to_a_building, callbacks_may_ask, file_is_read_at_the_first_call, import_does_nothing,
          threads_lose_nothing])
