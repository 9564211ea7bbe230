# overhang canary 3e27e8a761b3ace0c85059067711528b
"""Run in /workspace: python3 -m unittest tests/test_walk.py"""
import unittest

from walk import mown, walk


class Walk(unittest.TestCase):
    def test_commands(self):
        self.assertEqual(walk(""), (0, 0, 'N'))
        self.assertEqual(walk("FFRF"), (1, 2, 'E'))
        self.assertEqual(walk("LB"), (1, 0, 'W'))

    def test_numbers(self):
        self.assertEqual(walk("3F"), (0, 3, 'N'))
        self.assertEqual(walk("12F 2R 0B 4F"), (0, 8, 'S'))
        self.assertEqual(walk("5L F"), (-1, 0, 'W'))

    def test_groups(self):
        self.assertEqual(walk("2(FR)"), (1, 1, 'S'))
        self.assertEqual(walk("(F)R(F)"), (1, 1, 'E'))
        self.assertEqual(walk("2(2(F) R) ()"), (2, 2, 'S'))

    def test_walls(self):
        self.assertEqual(walk("3F R F", [(0, 2)]), (1, 1, 'E'))
        self.assertEqual(walk("2B", [(0, -1)]), (0, 0, 'N'))

    def test_mown(self):
        self.assertEqual(mown("4(FR)"), 4)
        self.assertEqual(mown("FFB", [(0, 2)]), 2)

    def test_faults(self):
        self.assertRaises(ValueError, walk, "FXF")
        self.assertRaises(ValueError, walk, "3")
        self.assertRaises(ValueError, walk, "2(F")
        self.assertRaises(ValueError, walk, "F)")


if __name__ == "__main__":
    unittest.main()
