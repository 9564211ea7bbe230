#!/usr/bin/env python3
# overhang canary 7754a9a7d396687438cc65e6cf9717ad
"""align: line up the columns of delimited text.

usage: align.py [-d CHAR] [-g N] [-m N] [-c CHAR]

  -d CHAR  fields are parted by CHAR (default: a comma)
  -g N     N spaces between columns, 0 to 40 (default 2)
  -m N     cut fields longer than N characters, 2 to 1000, ending them in ~
  -c CHAR  lines that start with CHAR are passed through (default: #)

An empty line ends a block; each block has its own column widths.
"""
import sys


def usage():
    sys.stderr.write(__doc__)
    sys.exit(2)


def number(text, low, high):
    if not text.isdigit() or not low <= int(text) <= high:
        usage()
    return int(text)


def options(arguments):
    chosen = {"-d": ",", "-g": 2, "-m": 0, "-c": "#"}
    while arguments:
        name = arguments.pop(0)
        if name not in chosen or not arguments:
            usage()
        value = arguments.pop(0)
        if name in ("-d", "-c"):
            if len(value) != 1:
                usage()
        elif name == "-g":
            value = number(value, 0, 40)
        else:
            value = number(value, 2, 1000)
        chosen[name] = value
    if chosen["-d"] == '"' or chosen["-d"] == chosen["-c"]:
        usage()
    return chosen["-d"], chosen["-g"], chosen["-m"], chosen["-c"]


def fields(line, delimiter):
    """Splits at the delimiter, except inside double quotes; "" inside quotes is one quote."""
    found, current, quoted, i = [], [], False, 0
    while i < len(line):
        c = line[i]
        if quoted:
            if c == '"' and line[i + 1:i + 2] == '"':
                current.append('"')
                i += 1
            elif c == '"':
                quoted = False
            else:
                current.append(c)
        elif c == '"' and not current:
            quoted = True
        elif c == delimiter:
            found.append("".join(current).strip(" \t"))
            current = []
        else:
            current.append(c)
        i += 1
    found.append("".join(current).strip(" \t"))
    return found


def is_number(text):
    body = text[1:] if text[:1] in ("-", "+") else text
    whole, point, part = body.partition(".")
    digits = "0123456789"
    if not all(c in digits for c in whole + part):
        return False
    return bool(whole) and (bool(part) or not point)


def cut(text, limit):
    return text if not limit or len(text) <= limit else text[:limit - 1] + "~"


def write_block(block, gap):
    """`block` holds rows (lists of fields) and passed lines (strings), in order."""
    rows = [row for row in block if isinstance(row, list)]
    count = max((len(row) for row in rows), default=0)
    widths, right = [], []
    for column in range(count):
        cells = [row[column] for row in rows if column < len(row)]
        widths.append(max(len(cell) for cell in cells))
        body = [cell for cell in cells[1:] if cell]
        right.append(bool(body) and all(is_number(cell) for cell in body))
    for row in block:
        if isinstance(row, str):
            sys.stdout.write(row + "\n")
            continue
        cells = []
        for column, cell in enumerate(row):
            cells.append(cell.rjust(widths[column]) if right[column] else cell.ljust(widths[column]))
        sys.stdout.write((" " * gap).join(cells).rstrip(" ") + "\n")


def main():
    delimiter, gap, limit, comment = options(sys.argv[1:])
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    block, width = [], 0
    for line in sys.stdin:
        line = line.rstrip("\r\n")
        if line.startswith(comment):
            block.append(line)
        elif not line.strip(" \t"):
            write_block(block, gap)
            sys.stdout.write("\n")
            block = []
        else:
            row = [cut(field, limit) for field in fields(line, delimiter)]
            block.append(row)
            width = max(width, len(row))
    write_block(block, gap)
    return 1 if width > 64 else 0


if __name__ == "__main__":
    sys.exit(main())
