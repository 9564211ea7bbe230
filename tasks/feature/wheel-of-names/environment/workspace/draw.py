# overhang canary 246e581f4f0fbddc6b66d9fb2b926c54
"""Draws who brings the cake: python3 draw.py FILE"""
import random
import sys

with open(sys.argv[1], encoding="utf-8") as source:
    names = [line.strip() for line in source if line.strip() and not line.startswith("#")]
print(random.choice(names))
