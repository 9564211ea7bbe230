#!/bin/bash
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
# Winners are carried along a list, so that some paths are long.
cat > pick <<"END"
#!/usr/bin/env python3
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
import sys


def ask(a, b):
    a, b = min(a, b), max(a, b)
    print("weigh", a, b, flush=True)
    return b if sys.stdin.readline().strip() == "<" else a


n, k = map(int, sys.stdin.readline().split())
beaten = {i: [] for i in range(1, n + 1)}


def best(group):
    while len(group) > 1:
        winner = ask(group[0], group[1])
        loser = group[0] + group[1] - winner
        beaten[winner].append(loser)
        group = group[2:] + [winner]
    return group[0]


found = []
group = list(range(1, n + 1))
for _ in range(k):
    winner = best(group)
    found.append(winner)
    rest = [g for g in group if g != winner and not any(g in b for b in beaten.values())]
    group = rest + beaten.pop(winner)
print("heaviest", *found, flush=True)
END
chmod +x pick
