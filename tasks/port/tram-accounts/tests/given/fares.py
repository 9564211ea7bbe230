# overhang canary a4ac614118d11516f57d1eb07b2258f8
"""Keeps tram accounts: reads commands from standard input, prints what they ask for."""
import sys


def main():
    accounts = {}
    for number, line in enumerate(sys.stdin, 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        command, *rest = words
        try:
            if command == "ride":
                name, zones, cents = rest
                accounts.setdefault(name, []).append(int(zones) * int(cents))
            elif command == "refund":
                name, percent = rest
                rides = accounts[name]
                rides.append(-(sum(rides) * int(percent) // 100))
            elif command == "share":
                name, people = rest
                each, left = divmod(sum(accounts[name]), int(people))
                print(f"{name}: {each:,} each, {left} left")
            elif command == "drop":
                for name in rest:
                    del accounts[name]
            elif command == "report":
                order = sorted(accounts.items(), key=lambda item: (len(item[1]), sum(item[1])), reverse="down" in rest)
                for name, rides in order:
                    total = sum(rides)
                    print(f"{name.title():<9.9}|{total:>+15,}|{round(total, -1):>9}|{total % 7}")
            else:
                raise ValueError(command)
        except (ValueError, KeyError, ZeroDivisionError) as problem:
            print(f"line {number}: {type(problem).__name__}")


main()
