"""Makes the table of scripts/odd-servers: `table.py CSV` from a report's table of trials. Fails where a cell is a zero,
or is missing without an outcome that says why."""

import csv
import sys
from collections import defaultdict

# Outcomes that say nothing of a cause outside this program.
UNNAMED = {"ORCH_BUG", ""}
rows = list(csv.DictReader(open(sys.argv[1])))
cells = defaultdict(dict)
arms = []
bad = 0
for row in rows:
    arm = row["arm"].split("/")[0]
    if arm not in arms:
        arms.append(arm)
    score, outcome = row["score"], row["outcome"]
    if score:
        text = f"{outcome} {float(score):g}"
        is_bad = float(score) == 0
    else:
        text = f"missing: {outcome or 'no outcome'}"
        is_bad = outcome in UNNAMED
    bad += is_bad
    cells[row["model"]][arm] = f"**{text}**" if is_bad else text
# The baseline first; servers and the other arms by name.
arms.sort(key=lambda arm: (arm != "bare", arm))
print("| server | " + " | ".join(arms) + " |")
print("|---" * (len(arms) + 1) + "|")
for model, by_arm in sorted(cells.items()):
    print(f"| {model} | " + " | ".join(by_arm.get(arm, "") for arm in arms) + " |")
passed = sum(row["score"] not in ("", None) and float(row["score"]) == 1 for row in rows)
print(f"\n{passed} of {len(rows)} trials passed, {bad} are zeros or unnamed")
sys.exit(bad > 0)
