# overhang canary 78f198a04597cb0a438e4e0c7e9df162
"""Runs in a process of its own: reads steps, does them, and writes what came of each as JSON."""
import copy, json, os, pickle, sys, threading, time
target = os.fdopen(os.dup(1), "w")
steps = json.load(sys.stdin)
sys.path.insert(0, "/workspace")
import turnstile
things = {"module": turnstile}
calls = []


class Note:
    def __init__(self, label):
        self.label = label

    def __call__(self, number):
        calls.append([self.label, number])


class Curious:
    """Asks the building that calls it."""
    def __init__(self, who):
        self.who = who

    def __call__(self, number):
        calls.append([self.who, number, list(things[self.who].inside()), things[self.who].report()])


def do(step):
    kind, who, *rest = step
    if kind == "new":
        things[who] = turnstile.Building(*rest)
    elif kind == "deepcopy":
        things[who] = copy.deepcopy(things[rest[0]])
    elif kind == "pickle":
        things[who] = pickle.loads(pickle.dumps(things[rest[0]]))
    elif kind == "note":
        return things[who].on_full(Note(rest[0]))
    elif kind == "curious":
        return things[who].on_full(Curious(who))
    elif kind == "write":
        with open(who, "w") as out:
            json.dump(rest[0], out)
    elif kind == "chdir":
        os.makedirs(who, exist_ok=True)
        os.chdir(who)
    elif kind == "spoil":
        # Calls with a value of ours, changes it and what came back, in every depth.
        name, *arguments = rest
        result = getattr(things[who], name)(*arguments)
        for value in arguments + [result]:
            spoil(value)
    elif kind == "threads":
        return threads(things[who], *rest)
    elif kind == "call":
        result = getattr(things[who], rest[0])(*rest[1:])
        return json.loads(json.dumps(result))


def spoil(value):
    if isinstance(value, dict):
        for inner in list(value.values()):
            spoil(inner)
        value["verbose"] = True
        value["spoilt"] = 1
    elif isinstance(value, list):
        for inner in value:
            spoil(inner)
        value.append("spoilt")


class Slow(str):
    """A name that gives way to other threads whenever it is compared."""
    __hash__ = str.__hash__

    def __eq__(self, other):
        time.sleep(0.0005)
        return str.__eq__(self, other)


def threads(building, count, rounds):
    most, refused = [], []
    building.enter("a", "resident")

    def work(name):
        for i in range(rounds):
            try:
                most.append(building.enter("a", name))
            except OverflowError:
                refused.append(name)
                continue
            building.leave("a", name)
    all_ = [threading.Thread(target=work, args=(Slow("p%d" % i),)) for i in range(count)]
    for one in all_:
        one.start()
    for one in all_:
        one.join()
    came = int(building.report().split(": ")[1].split(" in")[0])
    went = int(building.report().split(", ")[1].split(" out")[0])
    return [came + len(refused), went + len(refused), list(building.inside()), max(most) <= 3]


results = []
for step in steps:
    try:
        results.append(["ok", do(step)])
    except Exception as problem:
        results.append([type(problem).__name__, str(problem)])
json.dump({"results": results, "calls": calls}, target)
