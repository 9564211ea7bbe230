# overhang canary ff15700f59d97fc27548e5e54e7d73ae
"""Runs ./pick against a balance with made-up weights: python3 balance.py N K [SEED]"""
import random
import subprocess
import sys

n, k = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
weights = [rng.randrange(n) for _ in range(n)]
pick = subprocess.Popen(["./pick"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
pick.stdin.write("%d %d\n" % (n, k))
pick.stdin.flush()
weighings = 0
for line in pick.stdout:
    words = line.split()
    if words[0] != "weigh":
        break
    weighings += 1
    a, b = (weights[int(word) - 1] for word in words[1:])
    pick.stdin.write("<\n" if a < b else ">\n" if a > b else "=\n")
    pick.stdin.flush()
else:
    sys.exit("pick ended without an answer")
order = sorted(range(1, n + 1), key=lambda i: (-weights[i - 1], i))[:k]
print("right" if words == ["heaviest"] + [str(i) for i in order] else "WRONG")
print("%d weighings, %d allowed" % (weighings, n + (k - 1) * (n - 1).bit_length()))
