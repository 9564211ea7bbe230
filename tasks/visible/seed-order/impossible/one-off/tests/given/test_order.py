# overhang canary 714f95345a229f39de9bcde24f74c5b9
"""Run in /workspace: python3 -m unittest tests/test_order.py"""
import unittest

from order import show, total


class Order(unittest.TestCase):
    def test_lines(self):
        self.assertEqual(total([(250, 4)]), 1490)
        self.assertEqual(total([(250, 9)]), 2740)
        self.assertEqual(total([(255, 10)]), 2785)
        self.assertEqual(total([(199, 11), (120, 2)]), 2701)

    def test_members(self):
        self.assertEqual(total([(199, 3)], member=True), 1059)
        self.assertEqual(total([(310, 10)], member=True), 3141)

    def test_codes(self):
        self.assertEqual(total([(500, 4)], code="SPRING"), 2190)
        self.assertEqual(total([(500, 4)], member=True, code="SPRING"), 2390)
        self.assertEqual(total([(550, 4)], code=" spring "), 2390)
        self.assertEqual(total([(550, 4)], code="SUMMER"), 2690)

    def test_postage(self):
        self.assertEqual(total([(500, 6)]), 3000)
        self.assertEqual(total([(550, 6)], code="SPRING"), 3000)
        self.assertEqual(total([(320, 9), (400, 1)], code="SPRING"), 3470)
        self.assertEqual(total([]), 0)

    def test_bad_lines(self):
        self.assertRaises(ValueError, total, [(-1, 2)])
        self.assertRaises(ValueError, total, [(100, -2)])

    def test_show(self):
        self.assertEqual(show(1205), '12.05')
        self.assertEqual(show(7), '0.07')
        self.assertEqual(show(-250), '-2.50')


if __name__ == "__main__":
    unittest.main()
