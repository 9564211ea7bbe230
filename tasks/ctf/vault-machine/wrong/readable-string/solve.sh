#!/bin/bash
# overhang canary a3c772f7ce10a179d5931455f555a780
# Takes the string behind KEY= for the passphrase.
strings vault.rom | sed -n 's/.*KEY=//p' > passphrase.txt
