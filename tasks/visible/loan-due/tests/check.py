# overhang canary c57ea1dfbd1c7221fb440112f937f5b5
import os
import shutil

import box
import cases

lent = box.WORKSPACE + "/closed.txt"
if os.path.lexists(lent) and not os.path.isdir(lent):
    os.remove(lent)
if not os.path.isdir(lent):
    shutil.copy("/tests/given/closed.txt", lent)
cases.shell("run.sh")
