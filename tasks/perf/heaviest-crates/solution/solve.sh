#!/bin/bash
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
set -e
cat > pick <<"END"
#!/usr/bin/env python3
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
# A knock-out tournament in a heap-shaped tree of least height; only the winner's path is played again.
import sys


def heavier(a, b):
    """The winner of two crates; 0 is an empty place."""
    if not a or not b:
        return a or b
    a, b = min(a, b), max(a, b)
    print("weigh", a, b, flush=True)
    return b if sys.stdin.readline().strip() == "<" else a


def main():
    n, k = map(int, sys.stdin.readline().split())
    width = 1
    while width < n:
        width *= 2
    tree = [0] * width + list(range(1, n + 1)) + [0] * (width - n)
    for place in range(width - 1, 0, -1):
        tree[place] = heavier(tree[2 * place], tree[2 * place + 1])
    found = []
    while True:
        winner = tree[1]
        found.append(winner)
        if len(found) == k:
            break
        place = width + winner - 1
        tree[place] = 0
        while place > 1:
            place //= 2
            tree[place] = heavier(tree[2 * place], tree[2 * place + 1])
    print("heaviest", *found, flush=True)


main()
END
chmod +x pick
