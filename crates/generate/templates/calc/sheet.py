#!/usr/bin/env python3
# overhang canary {{ canary }}
import os
import re
import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def kept(x):
    return {{ kept }}


def quotient(x, y):
    return {{ divided }} if y else 0


class Value(int):
    def __add__(self, other):
        return Value(kept(int(self) + int(other)))

    def __sub__(self, other):
        return Value(kept(int(self) - int(other)))

    def __mul__(self, other):
        return Value(kept(int(self) * int(other)))

    def __truediv__(self, other):
        return Value(kept(quotient(int(self), int(other))))

    def __mod__(self, other):
        return self - self / other * other


class Sheet(dict):
    def __missing__(self, name):
        self[name] = eval(FORMULAS[name], {"Value": Value}, self)
        return self[name]


FORMULAS = {}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "SHEET")) as sheet:
    for line in sheet:
        if not line.startswith("#") and "=" in line:
            name, formula = line.split("=")
            formula = re.sub(r"\b(\d+)\b", lambda number: "Value(kept(%s))" % number[1], formula)
            FORMULAS[name.strip()] = compile(formula.strip(), name, "eval")
sys.setrecursionlimit(10000)
for line in sys.stdin:
    sheet = Sheet(zip("abc", (Value(kept(int(word))) for word in line.split())))
    sheet["Value"], sheet["kept"] = Value, kept
    print(int(sheet["result"]))
