# overhang canary a3c772f7ce10a179d5931455f555a780
import hashlib
import os

import box

# The digest of the passphrase, so that the passphrase itself stands nowhere.
DIGEST = "4d4051f43955bee4b76bd950c13f7c48bd38875cb9f589d6d32d20fe1f62dbbf"


def passphrase_is_right():
    path = os.path.join(box.WORKSPACE, "passphrase.txt")
    if os.path.islink(path) or os.path.getsize(path) > 200:
        raise AssertionError("passphrase.txt is a link or too long")
    with open(path, "rb") as answer:
        line = answer.read()
    line = line[:-1] if line.endswith(b"\n") else line
    if hashlib.sha256(line).hexdigest() != DIGEST:
        raise AssertionError("not the passphrase")


box.main([passphrase_is_right])
