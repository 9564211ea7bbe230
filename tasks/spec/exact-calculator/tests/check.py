# overhang canary 73000696d661b11299ba425e1a46402e
import math
import random
import sys
from fractions import Fraction

import box

CALC = box.WORKSPACE + "/calc"
sys.set_int_max_str_digits(0)


def answers(lines):
    got = box.run([CALC], "".join(line + "\n" for line in lines))
    box.same("status", got.code, 0)
    return got.out.decode().splitlines()


def table(text):
    """Lines 'PROGRAM LINE => ANSWER', all of one program."""
    pairs = [line.rsplit(" => ", 1) for line in text.strip("\n").split("\n")]
    got = answers([line for line, _ in pairs])
    box.same("number of answers", len(got), len(pairs))
    for one, (line, want) in zip(got, pairs):
        box.same(repr(line), one, want)


def precedence():
    table("""
1+2*3 => 7
2*3^2 => 18
-2^2 => -4
--3 => 3
- - -3 => -3
2^-2^2 => 1/16
2^--2 => 4
2^3^2 => 512
(2^3)^2 => 64
2^3! => 64
3!^2 => 36
3!! => 720
-3! => -6
8/4/2 => 1
8-4-2 => 2
7%4*2 => 6
2*-3 => -6
2--3 => 5
x=3 => 3
2x => 6
2 x^2 => 18
1/2x => 1/6
2x! => 12
2(x+1)(2) => error 7 syntax
6/2(1+2) => 1
2(x+1)^2 => 32
-2x => -6
4%2x => 4
2x*2x => 36
0.5x => 3/2
2 abs(0-x) => 6
not 1 == 2 => 1
not not 5 => 1
not 0 + 1 => 0
1 or 0 and 0 => 1
0 and 1 or 7 => 7
1 < 2 == 1 => 0
(1 < 2) == 1 => 1
if 0 then 1 else 2 + 3 => 5
if 1 then 2 else 3 + 3 => 2
(if 1 then 2 else 3) + 3 => 5
if 0 then 1 else if 0 then 2 else 3 => 3
if if 1 then 0 else 1 then 5 else 6 => 6
if 1 then if 0 then 1 else 2 else 3 => 2
max(1, if 1 then 9 else 0, 3) => 9
if 1 or 0 then not 0 else 2 => 1
""")


def values():
    table("""
0.25 => 1/4
1.50 => 3/2
007 => 7
10/4 => 5/2
-6/4 => -3/2
0/5 => 0
7%3 => 1
-7%3 => 2
7%-3 => -2
-7%-3 => -1
7/2%1 => 1/2
5%(3/2) => 1/2
(0-5)%(3/2) => 1
2^-3 => 1/8
(0-2/3)^-3 => -27/8
0^0 => 1
1.1^2 => 121/100
5 or 6 => 5
0 or 6 => 6
0 or 0 => 0
5 and 6 => 6
0 and 6 => 0
1/2 and 1/3 => 1/3
1 < 2 < 3 => 1
1 < 3 < 2 => 0
3 > 2 >= 2 != 1 => 1
1/3 == 2/6 => 1
0! => 1
abs(-3/4) => 3/4
floor(-3/4) => -1
floor(9/4) => 2
num(6/-4) => -3
den(6/-4) => 2
den(5) => 1
min(3, 1/2, 2) => 1/2
max(3) => 3
gcd(12, -18) => 6
gcd(0) => 0
gcd(-5) => 5
gcd(0, 0, 4) => 4
25! / 23! => 600
10^20 + 1/10^20 => NUM/DEN
""".replace("NUM", str(10 ** 40 + 1)).replace("DEN", str(10 ** 20)))


def names():
    table("""
a => error 1 name
a = 1 => 1
a = a + 1 => 2
a = 1/0 => error 6 zero
a => 2
_x9 = 5 => 5
_x9a => error 1 name
abs = 4 => 4
abs => 4
abs + abs(-1) => 5
2abs => 8
2abs(3) => 6
iffy = 3 => 3
nota = 8 => 8
A => error 1 name
then = 3 => error 1 syntax
a == 2 => 1
b = b => error 5 name
a=b=3 => error 4 syntax
(a) = 3 => error 5 syntax
2 = 3 => error 3 syntax
x=2x => error 4 name
x = if a == 2 then 7 else 8 => 7
x => 7
""")


def laziness():
    table("""
1 or zz => 1
0 and zz => 0
0 or zz => error 6 name
if 1 then 2 else 1/0 => 2
if 0 then zz else 3 => 3
2 < 1 < zz => 0
1 < 2 < zz => error 9 name
1/0 + zz => error 2 zero
zz + 1/0 => error 1 name
zz ^ yy => error 1 name
0 / (1/0) => error 7 zero
max(1, zz, 1/0) => error 8 name
abs(zz, 1) => error 1 domain
1 or abs(1, 2) => 1
""")


def error_columns():
    table("""
1 + => error 4 syntax
1 +    # more => error 4 syntax
( => error 2 syntax
() => error 2 syntax
1 2 => error 3 syntax
1 + * 2 => error 5 syntax
1 $ 2 => error 3 syntax
1 + ) $ => error 5 syntax
1 + $ ) => error 5 syntax
.5 => error 1 syntax
5. => error 2 syntax
5.x => error 2 syntax
1.2.3 => error 4 syntax
1 + 2. + ( => error 6 syntax
+1 => error 1 syntax
2^3x => error 4 syntax
2^3(4) => error 4 syntax
3!x => error 3 syntax
2x(3) => error 3 syntax
q(3) => error 2 syntax
2 3x => error 3 syntax
2x 3 => error 4 syntax
2x y => error 4 syntax
(1)(2) => error 4 syntax
(1)2 => error 4 syntax
x 2 => error 3 syntax
1 + if 1 then 2 else 3 => error 5 syntax
not if 1 then 2 else 3 => error 5 syntax
if 1 then 2 => error 12 syntax
if 1 2 => error 6 syntax
if 1 then 2 else => error 17 syntax
1 then 2 => error 3 syntax
1 + not 2 => error 5 syntax
- not 2 => error 3 syntax
1 < => error 4 syntax
1 = = 2 => error 3 syntax
a = => error 4 syntax
a ! = 3 => error 5 syntax
max() => error 5 syntax
max(1,) => error 7 syntax
max(1 2) => error 7 syntax
max => error 1 name
1/0 $ => error 5 syntax
5 & 6 => error 3 syntax
1 + 2) => error 6 syntax
!3 => error 1 syntax
2 ! ! => 2
2 <> 3 => error 4 syntax
1/(2-2) => error 2 zero
1 % 0 => error 3 zero
5 + 0^-1 => error 6 zero
2^(1/2) => error 2 domain
2^10001 => error 2 domain
2^-10001 => error 2 domain
(1/2)! => error 6 domain
(-1)! => error 5 domain
2001! => error 5 domain
4!!! => error 4 domain
1 + gcd(1/2, 3) => error 5 domain
abs(1, 2) => error 1 domain
floor(1, 1/0) => error 1 domain
\t1 +\t\t/ 2 => error 7 syntax
x\u00e9 => error 2 syntax
""".replace("\\t", "\t").replace("\\u00e9", "é"))


def lines_without_symbols():
    got = answers(["", "# nothing", "  \t ", "1 # one", "", "   # x", "2"])
    box.same("answers", got, ["1", "2"])
    got = box.run([CALC], b"1+1")
    box.same("no newline at the end", got.out, b"2\n")
    box.same("empty program", box.run([CALC], b"").out, b"")


def large_things():
    deep = "(" * 100 + "1" + ")" * 100
    product = math.prod(range(1, 2001))
    big = int("9" * 700)
    got = answers([deep, "-" * 300 + "1", "%d * %d" % (big, big), "2000! / 1999!", "3^10000 % 10^40", "+".join(["1/7"] * 700),
                   "2000! % (10^9+7)", "max(" * 60 + "1" + ",2)" * 60,
                   "2000!", "1/2000!", "9" * 5000 + " % 7"])
    want = ["1", "1", str(big * big), "2000", str(3 ** 10000 % 10 ** 40), "100", str(product % (10 ** 9 + 7)), "2", str(product), "1/%d" % product, str((10 ** 5000 - 1) % 7)]
    box.same("large things", got, want)


class Grown:
    """A random expression: its text, its binding level as in LANGUAGE (1 loosest), its value or an error kind."""

    def __init__(self, rng, depth, variables):
        self.rng, self.variables = rng, variables
        self.text, self.level, self.value = self.grow(depth)

    def part(self, depth, level):
        """Text and value of an operand that binds at least as tightly as `level`."""
        inner = Grown(self.rng, depth, self.variables)
        if inner.level < level or self.rng.random() < 0.1:
            return "(" + inner.text + ")", inner.value
        return inner.text, inner.value

    def grow(self, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.1:
            if rng.random() < 0.4:
                name = rng.choice(sorted(self.variables))
                return name, 12, self.variables[name]
            text = rng.choice(("0", "1", "2", "3", "10", "0.5", "2.25"))
            return text, 11.5, Fraction(text)
        gap = rng.choice(("", " "))
        shape = rng.choice(("or", "and", "not", "<", "+", "-", "*", "/", "%", "neg", "juxta", "^", "if", "call"))
        if shape in ("or", "and"):
            level = 2 if shape == "or" else 3
            (a, x), (b, y) = self.part(depth - 1, level), self.part(depth - 1, level + 1)
            value = x if isinstance(x, str) else (y if bool(x) == (shape == "and") else x)
            return "%s %s %s" % (a, shape, b), level, value
        if shape == "not":
            a, x = self.part(depth - 1, 4)
            return "not " + a, 4, x if isinstance(x, str) else Fraction(not x)
        if shape == "neg":
            a, x = self.part(depth - 1, 8)
            return "-" + gap + a, 8, x if isinstance(x, str) else -x
        if shape == "if":
            (a, x), (b, y), (c, z) = (self.part(depth - 1, 1) for _ in range(3))
            return "if %s then %s else %s" % (a, b, c), 1, x if isinstance(x, str) else y if x else z
        if shape == "juxta":
            a, x = self.part(depth - 1, 10)
            if a[0].isdigit():
                a = "(" + a + ")"
            number = rng.choice(("2", "3", "0.5"))
            return number + gap + a, 9, x if isinstance(x, str) else Fraction(number) * x
        if shape == "^":
            a, x = self.part(depth - 1, 11)
            power = rng.choice((0, 1, 2, 3))
            minus = rng.choice(("", "", "-"))
            if isinstance(x, str):
                value = x
            elif x == 0 and minus and power:
                value = "zero"
            else:
                value = x ** power if not minus else Fraction(1) / x ** power
            return a + gap + "^" + minus + str(power), 10, value
        if shape == "call":
            name = rng.choice(("abs", "floor", "min", "max"))
            inner = [self.part(depth - 1, 1) for _ in range(1 if name in ("abs", "floor") else rng.randrange(1, 4))]
            known = [x for _, x in inner]
            bad = [x for x in known if isinstance(x, str)]
            value = bad[0] if bad else {"abs": lambda v: abs(v[0]), "floor": lambda v: Fraction(math.floor(v[0])),
                                        "min": min, "max": max}[name](known)
            return "%s(%s)" % (name, ("," + gap).join(a for a, _ in inner)), 12, value
        level = {"<": 5, "+": 6, "-": 6}.get(shape, 7)
        (a, x), (b, y) = self.part(depth - 1, level + (level == 5)), self.part(depth - 1, level + 1)
        if isinstance(x, str) or isinstance(y, str):
            value = x if isinstance(x, str) else y
        elif shape == "<":
            value = Fraction(x < y)
        elif shape in "+-*":
            value = {"+": x + y, "-": x - y, "*": x * y}[shape]
        elif y == 0:
            value = "zero"
        else:
            value = x / y if shape == "/" else x - y * math.floor(x / y)
        return a + gap + shape + gap + b, level, value


def random_expressions():
    rng = random.Random(90125)
    variables = {"a": Fraction(3), "b_2": Fraction(-7, 2), "c": Fraction(0), "floor": Fraction(5)}
    lines, want = ["a = 3", "b_2 = -7/2", "c = 0", "floor = 5"], ["3", "-7/2", "0", "5"]
    while len(lines) < 1200:
        grown = Grown(rng, rng.randrange(1, 5), variables)
        if len(grown.text) > 300 or not isinstance(grown.value, str) and abs(grown.value.numerator) > 10 ** 60:
            continue
        lines.append(grown.text)
        want.append(grown.value if isinstance(grown.value, str) else str(grown.value))
    got = answers(lines)
    box.same("number of answers", len(got), len(want))
    for line, one, other in zip(lines, got, want):
        box.same(line, one.split(" ")[-1] if one.startswith("error") else one, other)


box.main([precedence, values, names, laziness, error_columns, lines_without_symbols, large_things, random_expressions])
