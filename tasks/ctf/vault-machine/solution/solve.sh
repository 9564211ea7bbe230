#!/bin/bash
# overhang canary a3c772f7ce10a179d5931455f555a780
set -e
cat > /tmp/open.py <<'END'
# overhang canary a3c772f7ce10a179d5931455f555a780
# Unpacks the code as the loader at 0 does (each byte xor a key that goes key*5+0x1d), reads the
# constants off it, and undoes what it does to each character.
rom = bytearray(open("/workspace/vault.rom", "rb").read())
constants = {at: rom[at + 2] for at in range(0, 0x60, 3) if rom[at] == 0x11}
start, key, step_factor, step_add, end = constants[0], constants[3], constants[18], constants[24], constants[36]
for at in range(start, end):
    rom[at] ^= key
    key = key * step_factor + step_add & 255

code = [tuple(rom[at:at + 3]) for at in range(start, end, 3)]
for op, a, b in code:
    print("%02x r%d page %d, %02x" % (op, a & 7, a >> 3 & 1, b))
loads = [b for op, a, b in code if op == 0x11]
state, factor, add, order_at, count = loads[1], loads[4], loads[5], loads[6], loads[8]
turn = next(b for op, a, b in code if op == 0x60)

table = rom[0x100:]
text, before = "", 0
for i in range(count):
    state = state * factor + i + add & 255
    wanted = table[table[order_at + i]]
    value = wanted - before & 255
    text += chr((value >> turn | value << 8 - turn) & 255 ^ state)
    before = wanted
open("/workspace/passphrase.txt", "w").write(text + "\n")
END
python3 /tmp/open.py
python3 machine.py vault.rom < passphrase.txt
