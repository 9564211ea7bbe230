#!/bin/bash
# overhang canary 73000696d661b11299ba425e1a46402e
# Leaves Python's limit on the digits of a number as it is.
cat > calc <<'END'
#!/usr/bin/env python3
# overhang canary 73000696d661b11299ba425e1a46402e
import math
import re
import sys
from fractions import Fraction

sys.setrecursionlimit(20000)
SYMBOL = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
                    r"|(?P<other>==|!=|<=|>=|[-+*/%^!(),=<>])")
WORDS = {"if", "then", "else", "and", "or", "not"}
FUNCTIONS = {"abs", "floor", "num", "den", "min", "max", "gcd"}
COMPARE = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
           ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b}


class Problem(Exception):
    def __init__(self, column, kind):
        super().__init__("error %d %s" % (column, kind))


def symbols(line):
    """(kind, text, column) each, then an end or a place where no symbol starts."""
    text = line.split("#", 1)[0].rstrip(" \t")
    found, at = [], 0
    while True:
        while at < len(text) and text[at] in " \t":
            at += 1
        match = SYMBOL.match(text, at)
        if not match:
            return found + [("end" if at >= len(text) else "bad", "", at + 1)]
        kind = match.lastgroup
        found.append((match.group() if kind == "other" or match.group() in WORDS else kind, match.group(), at + 1))
        at = match.end()
        if kind == "number" and text[at:at + 1] == ".":
            return found + [("bad", "", at + 1)]


class Parser:
    """Turns a line into a function of the variables that gives its value."""

    def __init__(self, line):
        self.symbols = symbols(line)
        self.at = 0

    @property
    def kind(self):
        return self.symbols[self.at][0]

    def take(self, *kinds):
        if self.kind not in kinds:
            raise Problem(self.symbols[self.at][2], "syntax")
        self.at += 1
        return self.symbols[self.at - 1]

    def line(self):
        target = None
        if self.kind == "name" and self.symbols[1][0] == "=":
            target = self.take("name")[1]
            self.take("=")
        value = self.expression()
        self.take("end")
        return target, value

    def expression(self):
        if self.kind != "if":
            return self.either()
        self.take("if")
        condition = self.expression()
        self.take("then")
        yes = self.expression()
        self.take("else")
        no = self.expression()
        return lambda v: yes(v) if condition(v) else no(v)

    def either(self):
        left = self.both()
        while self.kind == "or":
            self.take("or")
            left = (lambda a, b: lambda v: a(v) or b(v))(left, self.both())
        return left

    def both(self):
        left = self.negation()
        while self.kind == "and":
            self.take("and")
            left = (lambda a, b: lambda v: a(v) and b(v))(left, self.negation())
        return left

    def negation(self):
        if self.kind != "not":
            return self.comparison()
        self.take("not")
        inner = self.negation()
        return lambda v: Fraction(not inner(v))

    def comparison(self):
        first, rest = self.sum(), []
        while self.kind in COMPARE:
            rest.append((COMPARE[self.take(*COMPARE)[0]], self.sum()))
        if not rest:
            return first

        def chain(v):
            left = first(v)
            for test, operand in rest:
                right = operand(v)
                if not test(left, right):
                    return Fraction(0)
                left = right
            return Fraction(1)
        return chain

    def sum(self):
        left = self.product()
        while self.kind in ("+", "-"):
            sign = 1 if self.take("+", "-")[0] == "+" else -1
            left = (lambda a, b, s: lambda v: a(v) + s * b(v))(left, self.product(), sign)
        return left

    def product(self):
        left = self.minus()
        while self.kind in ("*", "/", "%"):
            left = self.multiply(left, self.take("*", "/", "%"))
        return left

    def multiply(self, left, operator):
        right = self.minus()
        name, _, column = operator

        def work(v):
            a, b = left(v), right(v)
            if name == "*":
                return a * b
            if b == 0:
                raise Problem(column, "zero")
            return a / b if name == "/" else a - b * math.floor(a / b)
        return work

    def minus(self):
        if self.kind != "-":
            return self.juxtaposition()
        self.take("-")
        inner = self.minus()
        return lambda v: -inner(v)

    def juxtaposition(self):
        if self.kind == "number" and self.symbols[self.at + 1][0] in ("name", "("):
            factor = Fraction(self.take("number")[1])
            inner = self.power()
            return lambda v: factor * inner(v)
        return self.power()

    def power(self):
        base = self.factorial()
        if self.kind != "^":
            return base
        column = self.take("^")[2]
        exponent = self.exponent()

        def work(v):
            a, b = base(v), exponent(v)
            if b.denominator != 1 or abs(b) > 10000:
                raise Problem(column, "domain")
            if a == 0 and b < 0:
                raise Problem(column, "zero")
            return a ** int(b)
        return work

    def exponent(self):
        if self.kind != "-":
            return self.power()
        self.take("-")
        inner = self.exponent()
        return lambda v: -inner(v)

    def factorial(self):
        value = self.primary()
        while self.kind == "!":
            value = self.faculty(value, self.take("!")[2])
        return value

    @staticmethod
    def faculty(inner, column):
        def work(v):
            n = inner(v)
            if n.denominator != 1 or not 0 <= n <= 2000:
                raise Problem(column, "domain")
            return Fraction(math.factorial(int(n)))
        return work

    def primary(self):
        kind, text, column = self.take("number", "name", "(")
        if kind == "number":
            value = Fraction(text)
            return lambda v: value
        if kind == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if text in FUNCTIONS and self.kind == "(":
            return self.call(text, column)

        def look_up(v):
            if text not in v:
                raise Problem(column, "name")
            return v[text]
        return look_up

    def call(self, name, column):
        self.take("(")
        arguments = [self.expression()]
        while self.take(",", ")")[0] == ",":
            arguments.append(self.expression())

        def work(v):
            if len(arguments) != 1 and name in ("abs", "floor", "num", "den"):
                raise Problem(column, "domain")
            values = [argument(v) for argument in arguments]
            if name == "gcd":
                if any(value.denominator != 1 for value in values):
                    raise Problem(column, "domain")
                return Fraction(math.gcd(*map(int, values)))
            if name in ("min", "max"):
                return min(values) if name == "min" else max(values)
            a = values[0]
            return Fraction({"abs": abs, "floor": math.floor, "num": lambda f: f.numerator,
                             "den": lambda f: f.denominator}[name](a))
        return work


def main():
    variables = {}
    for line in sys.stdin.read().split("\n"):
        if symbols(line)[0][0] == "end":
            continue
        try:
            target, value = Parser(line).line()
            value = value(variables)
            if target:
                variables[target] = value
            print(value)
        except Problem as problem:
            print(problem)


main()
END
chmod +x calc
./calc < example.calc
