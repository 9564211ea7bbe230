# overhang canary 3e27e8a761b3ace0c85059067711528b
import cases

cases.python("test_walk.py", "from walk import mown, walk")
