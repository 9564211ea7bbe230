# overhang canary 7d5f3dadc072547df7fc934e51c4f111
"""Run in /workspace: python3 -m unittest tests/test_ranges.py"""
import unittest

from ranges import best, matches


class Ranges(unittest.TestCase):
    def test_comparisons(self):
        self.assertEqual(matches(">=1.9", "1.10"), True)
        self.assertEqual(matches("<2", "10.0.0"), False)
        self.assertEqual(matches(">1.2", "1.2.0"), False)
        self.assertEqual(matches("<=1.2.0", "1.2"), True)
        self.assertEqual(matches("1.2", "1.2.0"), True)
        self.assertEqual(matches("!3.1", "3.1.1"), True)

    def test_lists(self):
        self.assertEqual(matches(">=1.2 <2", "1.10.3"), True)
        self.assertEqual(matches(">=1.2 <2", "2.0"), False)
        self.assertEqual(matches("<1 or >=3", "3.0.1"), True)

    def test_families(self):
        self.assertEqual(matches("~1.2.3", "1.2.10"), False)
        self.assertEqual(matches("~1.2.3", "1.3"), False)
        self.assertEqual(matches("^1.2.3", "1.3"), True)
        self.assertEqual(matches("^1.2.3", "1.2.2"), False)
        self.assertEqual(matches("^0.2.3", "0.3.0"), False)
        self.assertEqual(matches("1.x", "1.14.2"), True)
        self.assertEqual(matches("1.4.x", "1.14.2"), False)

    def test_best(self):
        self.assertEqual(best("^1.2", ["1.2", "1.10.1", "2.0", "1.9.7"]), '1.10.1')
        self.assertEqual(best("<1", ["1.0", "1.0.1"]), None)
        self.assertEqual(best("*", ["1.2.0", "1.2", "1.1"]), '1.2.0')


if __name__ == "__main__":
    unittest.main()
