# overhang canary 9463029fa71bfdfe6babdff95cf5fcff
import json
import random

import box

DRIVER = r"""
const { Pool } = require('/workspace/pool.js');
const turn = () => new Promise((done) => setImmediate(done));
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
let lost = [];
process.on('unhandledRejection', (reason) => lost.push(String(reason && reason.message)));
const shown = (error) => error instanceof Error ? error.message : 'no Error: ' + String(error);
(async () => {
  let pool, jobs, starts, ends, idle;
  for (const [command, name, extra] of lines) {
    let answer = null;
    starts = []; ends = []; idle = [];
    const add = (name, extra, follow) => {
      const job = jobs[name] = {};
      const body = (...args) => {
        starts.push(args.length ? name + ' with arguments' : name);
        if (extra.kind === 'throws') throw new Error('thrown ' + name);
        if (extra.kind === 'plain') return 'plain ' + name;
        return new Promise((resolve, reject) => { job.resolve = resolve; job.reject = reject; });
      };
      job.promise = extra.priority === undefined ? pool.add(body) : pool.add(body, extra.priority);
      job.promise.then((value) => { ends.push(name + ' = ' + value); if (extra.then) add(extra.then, {}); },
                       (error) => { ends.push(name + ' ! ' + shown(error)); if (extra.then) add(extra.then, {}); });
    };
    try {
      if (command === 'pool') { jobs = {}; pool = new Pool(name); }
      if (command === 'add') { add(name, extra); answer = starts.slice(); }
      if (command === 'finish') jobs[name].resolve('value ' + name);
      if (command === 'fail') jobs[name].reject(new Error('failed ' + name));
      if (command === 'cancel') answer = pool.cancel(jobs[name].promise);
      if (command === 'cancel-other') answer = pool.cancel(Promise.resolve(1));
      if (command === 'resize') pool.resize(name);
      if (command === 'idle') pool.idle().then((value) => idle.push(name + (value === undefined ? '' : ' with a value')));
    } catch (error) {
      answer = error.constructor.name;
    }
    for (let i = 0; i < 6; i++) await turn();
    await new Promise((done) => setTimeout(done, 2)); // for a pool that waits with a timer of 0
    for (let i = 0; i < 3; i++) await turn();
    console.log(JSON.stringify({ answer, starts, ends: ends.sort(), idle: idle.sort(), lost }));
    lost = [];
  }
})();
"""


class Model:
    def __init__(self, limit):
        self.limit, self.running, self.waiting, self.idlers, self.extra, self.added = limit, [], [], [], {}, 0
        self.starts, self.ends = [], []

    def fill(self):
        while self.waiting and len(self.running) < self.limit:
            _, _, name = self.waiting.pop(0)
            self.starts.append(name)
            self.running.append(name)
            kind = self.extra[name].get("kind")
            if kind:
                self.instant.append((name, " ! thrown " if kind == "throws" else " = plain "))

    def add(self, name, extra):
        self.extra[name] = extra
        self.added += 1
        self.waiting.append((-extra.get("priority", 0), self.added, name))
        self.waiting.sort()
        self.fill()

    def end(self, name, how):
        self.running.remove(name)
        self.ends.append(name + how + name)
        self.fill()
        self.follow(name)

    def follow(self, name):
        if self.extra[name].get("then"):
            self.add(self.extra[name]["then"], {})

    def step(self, command, name=None, extra=None):
        self.starts, self.ends, self.instant, answer = [], [], [], None
        if command == "add":
            self.add(name, extra)
            answer = list(self.starts)
        elif command == "finish":
            self.end(name, " = value ")
        elif command == "fail":
            self.end(name, " ! failed ")
        elif command == "cancel":
            found = [entry for entry in self.waiting if entry[2] == name]
            answer = bool(found)
            if found:
                self.waiting.remove(found[0])
                self.ends.append(name + " ! cancelled")
                self.follow(name)
        elif command == "cancel-other":
            answer = False
        elif command == "resize":
            if isinstance(name, int) and name > 0:
                self.limit = name
                self.fill()
            else:
                answer = "RangeError"
        elif command == "idle":
            self.idlers.append(name)
        while self.instant:
            self.end(*self.instant.pop(0))
        idle = []
        if not self.running and not self.waiting:
            idle, self.idlers = sorted(self.idlers), []
        return {"answer": answer, "starts": self.starts, "ends": sorted(self.ends), "idle": idle, "lost": []}


def play(scenarios, label):
    commands, want = [], []
    for limit, steps in scenarios:
        model = Model(limit)
        for step in [("pool", limit)] + steps:
            commands.append(step)
            want.append(model.step(*step) if step[0] != "pool" else {"answer": None, "starts": [], "ends": [], "idle": [], "lost": []})
    folder = box.scratch({"driver.js": DRIVER})
    got = box.run(["node", folder + "/driver.js"], "\n".join(json.dumps(c) for c in commands))
    lines = got.out.decode("utf-8", "replace").splitlines()
    for number, expected in enumerate(want):
        box.same("%s, after %r" % (label, commands[max(0, number - 6):number + 1]),
                 json.loads(lines[number]) if number < len(lines) else got.err[-300:], expected)
    box.same(label + ", status", got.code, 0)


def A(name, priority=None, kind=None, then=None):
    extra = {"priority": priority, "kind": kind, "then": then}
    return ("add", name, {key: value for key, value in extra.items() if value is not None})


def failing_jobs_free_their_slots():
    play([(1, [A("a"), A("b"), A("c"), ("fail", "a"), ("finish", "b"), ("fail", "c"), ("idle", "i")]),
          (2, [A("a", kind="throws"), A("b"), A("c", kind="throws"), A("d"), A("e", kind="plain"), ("finish", "b"), ("finish", "d"), ("idle", "i")])], "failures")


def order_is_kept():
    play([(1, [A("x"), A("a", 1), A("b", 1), A("c", 5), A("d", 0), A("e", -2), A("f"), A("g", 5), A("h", 1)] + [("finish", n) for n in "xcgabhdfe"])], "order")


def cancelling():
    play([(1, [A("a"), A("b"), A("c"), ("cancel", "a"), ("cancel-other",), ("cancel", "b"), ("cancel", "b"), ("finish", "a"), ("cancel", "a"), ("finish", "c"), ("idle", "i")]),
          (1, [A("a"), A("b", then="n"), ("idle", "i"), ("cancel", "b"), ("finish", "a"), ("finish", "n")])], "cancelling")


def idle_is_not_early():
    play([(2, [("idle", "early"), A("a", then="b"), ("idle", "i"), ("idle", "j"), ("finish", "a"), ("finish", "b"), ("idle", "k"), A("c", then="d"), ("idle", "l"), ("fail", "c"), ("fail", "d")])], "idle")


def sizes():
    play([(1, [A(n) for n in "abcdef"] + [("resize", 4), ("resize", 2), ("finish", "a"), ("finish", "b"), ("finish", "c"), ("resize", 0), ("resize", 1.5), ("resize", "9"), ("finish", "d"), ("resize", 1), ("finish", "e"), ("finish", "f"), ("idle", "i")])], "sizes")
    folder = box.scratch({"bad.js": "const { Pool } = require('/workspace/pool.js'); for (const n of [0, -1, 1.5, NaN, '3', undefined, Infinity]) { try { new Pool(n); console.log('made'); } catch (e) { console.log(e instanceof RangeError); } }"})
    box.same("bad limits", box.run(["node", folder + "/bad.js"]).out, b"true\n" * 7)


def random_play():
    rng = random.Random(65537)
    scenarios = []
    for _ in range(25):
        limit = rng.randrange(1, 4)
        instant = rng.random() < 0.5
        model, steps = Model(limit), []
        for number in range(rng.randrange(10, 60)):
            name = "j%d" % number
            waiting = [entry[2] for entry in model.waiting]
            choices = [A(name, rng.choice((None, 0, 1, 2, -1)), rng.choice((None, None, "throws", "plain")) if instant else None,
                         None if instant else rng.choice((None, None, name + "n")))] * 3
            choices += [(how, n) for n in model.running for how in ("finish", "fail")]
            choices += [("cancel", rng.choice(waiting))] if waiting else [("cancel-other",)]
            choices += [("resize", rng.randrange(1, 5)), ("idle", name)]
            steps.append(rng.choice(choices))
            model.step(*steps[-1])
        scenarios.append((limit, steps))
    play(scenarios, "random play")


box.main([failing_jobs_free_their_slots, order_is_kept, cancelling, idle_is_not_early, sizes, random_play])
