# overhang canary d51ad3fb76cdef7468cde356d10fee0d
"""The cipher of our badge readers: python3 cipher.py KEY NUMBER TEXT prints TEXT as message NUMBER, encrypted."""
import sys

MASK = (1 << 48) - 1


class Generator:
    def __init__(self, key, number):
        self.state = (key ^ (number * 0x9E3779B97F4A & MASK)) & MASK
        self.state = (self.state + (number << 7)) & MASK

    def clock(self):
        s = self.state
        new = (s ^ s >> 5 ^ s >> 17 ^ s >> 31) & 1
        self.state = s >> 1 | new << 47

    def bit(self):
        for _ in range(3):
            self.clock()
        return (self.state >> 3 ^ self.state >> 20) & 1

    def byte(self):
        value = 0
        for _ in range(8):
            value = value << 1 | self.bit()
        return value


def encrypt(key, number, text):
    generator = Generator(key, number)
    return bytes(b ^ generator.byte() for b in text)


if __name__ == "__main__":
    print(encrypt(int(sys.argv[1], 16), int(sys.argv[2]), sys.argv[3].encode()).hex())
