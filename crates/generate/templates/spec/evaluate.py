#!/usr/bin/env python3
# overhang canary {{ canary }}
import re
import sys

M = {{ modulus }}
LEVELS = [
{{ levels }}]
TOKEN = re.compile(r"[{{ digits }}]+|[^ ]")


class Reader:
    def __init__(self, line):
        self.tokens = TOKEN.findall(line)

    def next(self):
        return self.tokens[0] if self.tokens else ""

    def level(self, at):
        if at == len(LEVELS):
            return self.operand()
        right, operators = LEVELS[at]
        x = self.level(at + 1)
        while self.next() in operators:
            operator = operators[self.tokens.pop(0)]
            x = operator(x, self.level(at if right else at + 1)) % M
        return x

    def operand(self):
        token = self.tokens.pop(0)
        if token == "{{ prefix }}":
            return (2 * self.operand() + 1) % M
        if token == "{{ open }}":
            x = self.level(0)
            if self.tokens.pop(0) != "{{ close }}":
                raise ValueError
            return x
        if token[0] not in "{{ digits }}":
            raise ValueError
        return int(token, {{ base }}) % M


sys.setrecursionlimit(20000)
for line in sys.stdin:
    try:
        reader = Reader(line.rstrip("\n"))
        value = reader.level(0)
        print("error" if reader.tokens else value)
    except (IndexError, ValueError):
        print("error")
