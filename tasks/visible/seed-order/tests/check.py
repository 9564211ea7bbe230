# overhang canary 714f95345a229f39de9bcde24f74c5b9
import cases

cases.python("test_order.py", "from order import show, total")
