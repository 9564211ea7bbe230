# overhang canary 7d5f3dadc072547df7fc934e51c4f111
import cases

cases.python("test_ranges.py", "from ranges import best, matches")
