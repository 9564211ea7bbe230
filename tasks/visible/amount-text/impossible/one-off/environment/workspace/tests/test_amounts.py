# overhang canary 702912d3fe548cd4942531029e5bfce4
"""Run in /workspace: python3 tests/test_amounts.py"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from amounts import cents

failed = 0


def assert_equal(got, want):
    global failed
    if got != want:
        failed += 1
        print("line %d: got %r, want %r" % (sys._getframe(1).f_lineno, got, want))


assert_equal(cents("12"), 1200)
assert_equal(cents(" 12.5 "), 1250)
assert_equal(cents("4,35"), 435)
assert_equal(cents("19.99"), 1999)
assert_equal(cents("1.234"), 123400)
assert_equal(cents("1.234,50"), 123450)
assert_equal(cents("1,234.5"), 123405)
assert_equal(cents("12 345 678"), 1234567800)
assert_equal(cents("1'000.05"), 100005)
assert_equal(cents("-3.20"), -320)
assert_equal(cents("(12.50)"), -1250)
assert_equal(cents("€ 7"), 700)
assert_equal(cents("-7,10EUR"), -710)
assert_equal(cents("1234.567"), None)
assert_equal(cents("1.234.56"), None)
assert_equal(cents("1,23,456"), None)
assert_equal(cents(".50"), None)
assert_equal(cents("€5€"), None)
assert_equal(cents("1e3"), None)

if failed:
    print(failed, "failed")
    sys.exit(1)
print("all passed")
