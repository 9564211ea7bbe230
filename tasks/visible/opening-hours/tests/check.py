# overhang canary 3f1ad85e3f0dcc0d949ca340c1f8c777
import cases

cases.python("test_hours.py", "from hours import is_open, wait")
