# overhang canary 702912d3fe548cd4942531029e5bfce4
import cases

cases.python("test_amounts.py", "from amounts import cents")
