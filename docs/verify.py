#!/usr/bin/env python3
"""Verifies the directory of a run, and a card of it, from the documents alone: docs/architecture/ledger.md and
docs/architecture/evidence.md say each rule.

    python3 docs/verify.py RUN
    python3 docs/verify.py RUN CARD [PUBLIC_KEY.pem]

Needs Python 3.11 and nothing else, and shares no code with the program; a signature is held against a key by OpenSSL's
command. It looks at plan.json, run.json and ledger.jsonl, and at whether each body that the ledger names is there; bodies
are compressed with zstd and their content is not looked at. Which events and outcomes there are, it takes from the
schema beside it. Of a card it counts again what can be counted without statistics: trials, ends, outcomes by arm.

Exit code 0: all holds; 1: something does not; 2: it cannot be read.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

# Where a ledger names bodies.
BODIES = {
    "request", "response", "workspace", "commands", "verifier_output", "harness_output", "changed_outside", "diff",
    "inputs", "seen", "checks",
}


# What a line may hold.
SCHEMA = Path(__file__).with_name("schemas") / "run-line.json"


class Wrong(Exception):
    """What does not hold."""


def canonical(value):
    """Canonical JSON, RFC 8785."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def number(value):
    """A number as ECMAScript writes it: the shortest digits that are read back as it."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digits)).rstrip("0")
    stripped = len(Decimal(repr(value)).as_tuple().digits) - len(digits)
    point = len(digits) + exponent + stripped
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        power = f"{point - 1:+d}"
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + "e" + power
    return "-" * sign + text


def parse(text):
    """JSON in which no key stands twice, and no number is none."""

    def table(pairs):
        if len(pairs) != len({key for key, _ in pairs}):
            raise Wrong("a key stands twice")
        return dict(pairs)

    def constant(name):
        raise Wrong(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=table, parse_constant=constant)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


def lines(path, head, given_away):
    """Each line's event, once its spelling, its place and its link were checked. A run that is given away has whole lines."""
    text = path.read_bytes() if path.exists() else b""
    *whole, rest = text.split(b"\n")
    if rest and given_away:
        raise Wrong(f"{path}: the last line was cut short")
    if rest:
        print(f"note: the last line was cut short by a crash, and is left out ({len(rest)} bytes)")
    for place, line in enumerate(whole):
        try:
            said = parse(line)
            if canonical(said).encode() != line:
                raise Wrong("it is not written as canonical JSON")
            link = said.pop("hash")
            head = sha256(b"\x01", head.encode(), canonical(said).encode())
            if link != head:
                raise Wrong("its hash does not follow from the line before")
            if said["seq"] != place:
                raise Wrong(f"its number is {said['seq']}")
            yield said["event"], head
        except (Wrong, KeyError, ValueError) as error:
            raise Wrong(f"{path}, line {place + 1}: {error}") from None


def known():
    """Names of events, and codes of outcomes."""
    defined = json.loads(SCHEMA.read_bytes())["$defs"]
    events = {one["properties"]["event"]["const"] for one in defined["Event"]["oneOf"]}
    return events, {one["const"] for one in defined["Outcome"]["oneOf"]}


class Trials:
    """What happens to each planned trial, in the only order that there is."""

    def __init__(self, plan):
        self.events, self.outcomes = known()
        self.planned = {trial["id"] for trial in plan["trials"]}
        if len(self.planned) != len(plan["trials"]):
            raise Wrong("plan.json: two trials have one id")
        self.tries, self.open, self.calls, self.ended = {}, {}, set(), {}

    def take(self, event):
        kind, trial = event["event"], event.get("trial")
        if kind not in self.events:
            raise Wrong(f"there is no event {kind}")
        if "outcome" in event and event["outcome"] not in self.outcomes:
            raise Wrong(f"{kind}: there is no outcome {event['outcome']}")
        if trial is None:
            return
        if trial not in self.planned:
            raise Wrong(f"{kind}: the plan has no trial {trial}")
        number = event.get("try_number")
        if kind == "started":
            if trial in self.ended or self.open.get(trial):
                raise Wrong(f"{trial} is started while it runs, or after its end")
            if number != self.tries.get(trial, 0) + 1:
                raise Wrong(f"{trial}: try {number} follows try {self.tries.get(trial, 0)}")
            self.tries[trial], self.open[trial] = number, True
        elif kind in ("retried", "cut_off", "call_started", "ended") and trial in self.ended:
            raise Wrong(f"{trial}: {kind} after its end")
        elif kind in ("retried", "cut_off", "call_started", "ended") and number != self.tries.get(trial):
            raise Wrong(f"{trial}: {kind} in try {number}, which is not under way")
        elif kind == "call_started":
            self.calls.add((trial, number, event["call"]))
        elif kind == "call" and (trial, number, event["call"]) not in self.calls:
            raise Wrong(f"{trial}: call {event['call']} of try {number} ends and was never begun")
        elif kind in ("retried", "cut_off"):
            self.open[trial] = False
        elif kind == "ended":
            self.ended[trial] = event["outcome"]
            self.open[trial] = False
        elif kind == "reopened":
            if trial not in self.ended:
                raise Wrong(f"{trial} is taken back before its end")
            del self.ended[trial]


def bodies(event):
    """The digests of bodies that an event names."""
    if isinstance(event, dict):
        for key, value in event.items():
            if key in BODIES and isinstance(value, str):
                yield value
            else:
                yield from bodies(value)
    elif isinstance(event, list):
        for value in event:
            yield from bodies(value)


def verify(run, may_lack):
    """Checks a run's directory, and tells what a card must say of it. A run that was given away may lack bodies."""
    plan, stamp = parse((run / "plan.json").read_bytes()), parse((run / "run.json").read_bytes())
    if plan.get("version", 0) != 2:
        raise Wrong(f"plan.json has version {plan.get('version')}: this looks at version 2")
    digest = sha256(canonical(plan).encode())
    if stamp["plan_digest"] != digest:
        raise Wrong(f"plan.json has the digest {digest}, and run.json says {stamp['plan_digest']}")
    trials, missing, count, registered = Trials(plan), set(), 0, None
    leaves = {trial["id"]: hashlib.sha256(f"\0{trial['id']}\n".encode()) for trial in plan["trials"]}
    head = sha256(b"overhang-chain-v1", b"\x00", stamp["id"].encode())
    for event, head in lines(run / "ledger.jsonl", head, may_lack):
        where = f"{run / 'ledger.jsonl'}, line {count + 1}"
        count += 1
        if event["event"] == "opened":
            if event["plan"] != digest:
                raise Wrong(f"{where}: the run was opened with the plan {event['plan']}")
        elif count == 1:
            raise Wrong(f"{where}: the first event is not `opened`")
        try:
            trials.take(event)
        except Wrong as error:
            raise Wrong(f"{where}: {error}") from None
        if event["event"] == "registered" and registered is None:
            registered = commitment(event, digest) if not trials.tries else "late"
        if event.get("trial") is not None:
            leaves[event["trial"]].update(f"{head}\n".encode())
        for body in bodies(event):
            file = run / "blobs" / body[:2] / body[2:]
            if not any(file.with_suffix(kind).exists() for kind in (".zst", ".delta")):
                missing.add(body)
    whole = hashlib.sha256(f"\0{stamp['id']}\n{digest}\n{head}\n{count}\n".encode())
    root = tree([whole.digest(), *(leaf.digest() for leaf in leaves.values())]).hex()
    print(f"plan    {digest}\nledger  {head}\nroot    {root}")
    print(f"{count} events; {len(trials.ended)} of {len(trials.planned)} planned trials have ended")
    if missing:
        lacking = f"{len(missing)} bodies that the ledger names are not in blobs/, {min(missing)} the first"
        if not may_lack:
            raise Wrong(lacking)
        print(f"note: {lacking}")
    outcomes = {}
    for trial in plan["trials"]:
        counted = outcomes.setdefault(f"{trial['model']}, {trial['arm']}", Counter())
        counted.update([trials.ended[trial["id"]]] if trial["id"] in trials.ended else [])
    return {
        "id": stamp["id"], "sweep": plan["sweep"]["name"], "plan_digest": digest, "planned": len(plan["trials"]),
        "ended": len(trials.ended), "ledger_head": head, "ledger_events": count, "root": root, "leaves": len(leaves) + 1,
    }, registered, {arm: dict(counted) for arm, counted in outcomes.items()}


def commitment(event, plan):
    """What commits to a registration; `other` where it is about another plan."""
    if event["registered"]["plan"] != plan:
        return "other"
    said = canonical(event["registered"]).encode()
    return sha256(b"overhang-lock-v1", b"\0", event["nonce"].encode(), b"\0", said)


def tree(leaves):
    """The root of a Merkle tree over hashes of leaves, RFC 6962."""
    while len(leaves) > 1:
        pairs = [leaves[at:at + 2] for at in range(0, len(leaves), 2)]
        leaves = [hashlib.sha256(b"\1" + b"".join(two)).digest() if len(two) == 2 else two[0] for two in pairs]
    return leaves[0]


def strict(text, what):
    """A document in its one spelling."""
    said = parse(text)
    if canonical(said).encode() != text.removesuffix(b"\n"):
        raise Wrong(f"{what} is not written as canonical JSON")
    return said


def opened(file, key):
    """The card in a file, bare or in a signed envelope, and whether the key signed it."""
    said = strict(file.read_bytes(), str(file))
    if "payloadType" not in said:
        if key:
            raise Wrong(f"{file} is not signed")
        return said
    if set(said) != {"payload", "payloadType", "signatures"} or said["payloadType"] != "application/vnd.in-toto+json":
        raise Wrong(f"{file} is no envelope of an in-toto Statement")
    if not said["signatures"]:
        raise Wrong(f"{file} has no signature")
    payload = base64.b64decode(said["payload"], validate=True)
    if key:
        kind = said["payloadType"].encode()
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        if not any(signed(message, base64.b64decode(one["sig"], validate=True), key) for one in said["signatures"]):
            raise Wrong(f"no signature of {file} is of the key {key}")
    statement = parse(payload)
    card = statement["predicate"]
    subjects = [(f"run {card['run']['id']}", card["run"]["root"]), ("card.json", sha256(canonical(card).encode() + b"\n"))]
    wanted = {
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:overhang:evaluation-card:v1", "predicate": card,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
    }
    if canonical(wanted).encode() != payload:
        raise Wrong(f"{file}: its payload is not the statement about its card, to the byte")
    return card


def signed(message, signature, key):
    """Whether a signature of Ed25519 is of a key over a message, by OpenSSL's command."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("message", message), ("signature", signature)):
            Path(folder, name).write_bytes(content)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(key)]
        files = ["-in", f"{folder}/message", "-sigfile", f"{folder}/signature"]
        return subprocess.run(command + files, capture_output=True).returncode == 0


def against(card, run, registered, outcomes):
    """Holds a card against what a run says."""
    said = card["registration"]
    if registered is None and "missing" not in said:
        raise Wrong("the card says that something was registered, and the run does not")
    if registered is not None and ("missing" in said or bool(said["void"]) != (registered in ("late", "other"))):
        raise Wrong(f"the card's registration is {said}, and the run says {registered}")
    if registered not in (None, "late", "other") and said["commitment"] != registered:
        raise Wrong(f"the card's commitment is {said['commitment']}, and the run's {registered}")
    fields = set(json.loads(SCHEMA.with_name("card.json").read_bytes())["properties"])
    if set(card) != fields or canonical(card["version"]) != "1":
        raise Wrong("it is no card of version 1")
    for name, value in run.items():
        if canonical(card["run"][name]) != canonical(value):
            raise Wrong(f"the card says run.{name} = {card['run'][name]}, and the run {value}")
    for arms in (card["arms"], card["results"]["arms"]):
        told = {f"{arm['model']}, {arm['arm']}": arm["outcomes"] for arm in arms}
        if len(told) != len(arms) or canonical(told) != canonical(outcomes):
            raise Wrong(f"the card says {told}, and the run {outcomes}")
    for arm in card["results"]["arms"]:
        if canonical(arm["ended"]) != canonical(sum(arm["outcomes"].values())):
            raise Wrong(f"the card's outcomes of {arm['model']}, {arm['arm']} are not as many as have ended")


def main():
    if len(sys.argv) not in (2, 3, 4) or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    try:
        run, registered, outcomes = verify(Path(sys.argv[1]), len(sys.argv) > 2)
        print(f"registered before the first trial: {registered or 'nothing, the run is exploratory'}")
        if len(sys.argv) > 2:
            key = sys.argv[3] if len(sys.argv) > 3 else None
            against(opened(Path(sys.argv[2]), key), run, registered, outcomes)
            print("card    is of this run, and its counts are the run's" + (f"; signed by {key}" if key else ""))
    except Wrong as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        print(f"error: {' '.join(sys.argv[1:])} cannot be read: {error!r}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
