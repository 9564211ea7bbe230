#!/bin/bash
# overhang canary 78f198a04597cb0a438e4e0c7e9df162
# A lock that a callback's own calls wait for, without end.
set -e
cat > rework.py <<'END'
# overhang canary 78f198a04597cb0a438e4e0c7e9df162
import re

text = open("turnstile.py", encoding="utf-8").read()
head = text[:text.index("import json")]
body = text[text.index("def configure"):text.index("if os.path.exists")]

body = body.replace("    global doors, limit, people, moves, history\n", "")
for name in ("people", "doors", "limit", "moves", "history", "callbacks", "settings"):
    body = re.sub(r'(?<![\w".])%s(?![\w"])' % name, "self." + name, body)
body = re.sub(r"Sets self\.doors (.*), self\.limit and self\.settings", r"Sets doors \1, limit and settings", body)
body = re.sub(r"(?m)^def (\w+)\(\)", r"    def \1(self)", body)
body = re.sub(r"(?m)^def (\w+)\(", r"    def \1(self, ", body)
body = "\n".join(line if line.startswith("    def ") or not line else "    " + line for line in body.split("\n"))
body = re.sub(r"(?m)^    def", "    @locked\n    def", body).replace("\n\n\n", "\n\n")
body = body.replace("names=[]", "names=()")
body = body.replace("        for name, width", "        config = copy.deepcopy(config)\n        for name, width")
body = body.replace("return self.settings\n", "return copy.deepcopy(self.settings)\n")
body = body.replace("return self.people\n", "return list(self.people)\n")

open("turnstile.py", "w", encoding="utf-8").write(head + '''import copy
import functools
import json
import os
import threading


def locked(method):
    @functools.wraps(method)
    def wrapper(self, *arguments, **named):
        with self._lock:
            return method(self, *arguments, **named)
    return wrapper


class Building:
    """One building; the functions of the module are its methods."""

    def __init__(self, config=None):
        self._lock = threading.Lock()
        self.people = []
        self.doors = {"main": 1}
        self.limit = 10
        self.moves = {}
        self.history = []
        self.callbacks = []
        self.settings = {"verbose": False, "tags": []}
        if config is not None:
            self.configure(config)

    def __getstate__(self):
        with self._lock:
            return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._lock = threading.Lock()

''' + body.rstrip() + '''


_first = threading.Lock()
_building = None


def _own():
    """The module's own building, made at the first call."""
    global _building
    with _first:
        if _building is None:
            fresh = Building()
            if os.path.exists("turnstile.json"):
                with open("turnstile.json", encoding="utf-8") as source:
                    fresh.configure(json.load(source))
            _building = fresh
        return _building


def configure(config):
    return _own().configure(config)


def enter(door, names=()):
    return _own().enter(door, names)


def leave(door, name):
    return _own().leave(door, name)


def inside():
    return _own().inside()


def on_full(function):
    return _own().on_full(function)


def undo():
    return _own().undo()


def report():
    return _own().report()
''')
END
python3 rework.py
rm rework.py
python3 -c 'import turnstile; turnstile.enter("main", "kim"); print(turnstile.report())'
