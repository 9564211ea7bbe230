# overhang canary {{ canary }}
import sys

MASK = 0xFFFFFFFF


def number(x):
    return x - (1 << 32) if x >> 31 else x


def signed(x, bits):
    return {{ signed }}


def quotient(x, y):
    return {{ quotient }}


a, b, c = {{ start }}
for word in sys.stdin.read().split():
    x = int(word) & MASK
{{ loop }}    print("%d %d %08x" % (a, number(b), c))
