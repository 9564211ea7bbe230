# overhang canary 3f1ad85e3f0dcc0d949ca340c1f8c777
"""Run in /workspace: python3 tests/test_hours.py"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from hours import is_open, wait

failed = 0


def assert_equal(got, want):
    global failed
    if got != want:
        failed += 1
        print("line %d: got %r, want %r" % (sys._getframe(1).f_lineno, got, want))


# what it could do before
assert_equal(is_open("mo-fr 09:00-17:00", "mo", "09:00"), True)
assert_equal(is_open("mo-fr 09:00-17:00", "fr", "17:00"), False)
assert_equal(is_open("mo-fr 09:00-17:00", "sa", "12:00"), False)

# lists of days and of hours
assert_equal(is_open("mo,we 09:00-17:00", "we", "10:00"), True)
assert_equal(is_open("mo,we 09:00-17:00", "tu", "10:00"), False)
assert_equal(is_open("sa-mo 10:00-14:00", "su", "13:59"), True)
assert_equal(is_open("tu 09:00-12:00,13:00-17:00", "tu", "12:30"), False)
assert_equal(is_open("tu 09:00-12:00,13:00-17:00", "tu", "13:00"), True)

# several rules
assert_equal(is_open("mo-fr 09:00-17:00; sa 10:00-14:00", "sa", "11:00"), True)
assert_equal(is_open("mo-su 09:00-17:00; we off", "we", "11:00"), False)
assert_equal(is_open("mo-su 09:00-17:00; we 12:00-13:00", "we", "11:00"), False)

# past midnight
assert_equal(is_open("fr 20:00-02:00", "sa", "01:30"), True)
assert_equal(is_open("fr 20:00-02:00", "fr", "01:30"), False)
assert_equal(is_open("su 20:00-02:00", "mo", "01:59"), True)

# waiting
assert_equal(wait("mo-fr 09:00-17:00", "tu", "08:15"), 46)
assert_equal(wait("mo-fr 09:00-17:00", "fr", "17:00"), 3840)
assert_equal(wait("mo-fr 09:00-17:00", "th", "12:00"), 0)
assert_equal(wait("mo off", "mo", "12:00"), None)

if failed:
    print(failed, "failed")
    sys.exit(1)
print("all passed")
