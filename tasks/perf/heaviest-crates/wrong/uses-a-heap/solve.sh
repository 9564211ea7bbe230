#!/bin/bash
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
# A heap with sifting down, which weighs twice a level.
cat > pick <<"END"
#!/usr/bin/env python3
# overhang canary ff15700f59d97fc27548e5e54e7d73ae
import heapq
import sys


class Crate:
    def __init__(self, number):
        self.number = number

    def __lt__(self, other):
        a, b = min(self.number, other.number), max(self.number, other.number)
        print("weigh", a, b, flush=True)
        heavier = b if sys.stdin.readline().strip() == "<" else a
        return heavier == self.number


n, k = map(int, sys.stdin.readline().split())
heap = [Crate(i) for i in range(1, n + 1)]
heapq.heapify(heap)
print("heaviest", *(heapq.heappop(heap).number for _ in range(k)), flush=True)
END
chmod +x pick
