#!/bin/bash
# overhang canary e6bb1581672ab17ef73f9a3416b6640a
# Runs the code as it was loaded, whatever is stored over it later.
set -e
cat > as <<"END"
#!/usr/bin/env python3
# overhang canary e6bb1581672ab17ef73f9a3416b6640a
import json, re, sys

PLAIN = "halt add sub mul div mod less same and xor dup swap drop load store in out num ret calls".split()
CODES = {word: number for number, word in enumerate(PLAIN, 1)}
CODES.update(push=32, jump=33, jumpz=34, call=35)
DIRECTIVES = ("word", "space", "text", "global", "extern")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TOKEN = re.compile(r"""'(?:\\.|[^\\'])*'|"(?:\\.|[^\\"])*"|;.*|,|[^\s,;]+""")


class Wrong(Exception):
    pass


def plain(text):
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text[1:-1])


def number(text):
    if re.fullmatch(r"'([^\\']|\\[n\\'\"])'", text):
        return ord(plain(text))
    if re.fullmatch(r"-?[0-9]+|0x[0-9A-Fa-f]+", text):
        value = int(text, 16 if text.startswith("0x") else 10)
        if -2**31 <= value < 2**31:
            return value
    raise Wrong("bad operand " + text)


def name(text):
    if not NAME.fullmatch(text) or text in CODES or text in DIRECTIVES:
        raise Wrong("bad name " + text)
    return text


def main(source):
    cells, labels, externs, globals_, uses = [], {}, set(), [], []

    def line(where, text):
        tokens = [token for token in TOKEN.findall(text) if token[0] != ";"]
        if tokens and tokens[0].endswith(":"):
            label = name(tokens.pop(0)[:-1])
            if label in labels or label in externs:
                raise Wrong(label + " is defined twice")
            labels[label] = len(cells)
        if not tokens:
            return
        word, parts = tokens[0], [[]]
        for token in tokens[1:]:
            parts.append([]) if token == "," else parts[-1].append(token)
        parts = [" ".join(part) for part in parts]
        code = CODES.get(word, 0)
        if not code and word not in DIRECTIVES:
            raise Wrong("unknown word " + word)
        if word == "word" and not tokens[1:]:
            raise Wrong("word needs operands")
        if 0 < code < 32:
            if tokens[1:]:
                raise Wrong(word + " takes no operand")
            cells.append(code)
        elif word != "word" and (len(parts) != 1 or not parts[0]):
            raise Wrong(word + " needs one operand")
        elif word == "space":
            if number(parts[0]) < 0:
                raise Wrong("bad operand " + parts[0])
            cells.extend([0] * number(parts[0]))
        elif word == "text":
            if not re.fullmatch(r'"([^\\"]|\\[n\\\'"])*"', parts[0]):
                raise Wrong("bad operand " + parts[0])
            cells.extend([ord(c) for c in plain(parts[0])] + [0])
        elif word == "global":
            globals_.append((where, name(parts[0])))
        elif word == "extern":
            if name(parts[0]) in labels:
                raise Wrong(parts[0] + " is defined twice")
            externs.add(parts[0])
        else:
            if code:
                cells.append(code)
            for part in parts:
                if NAME.fullmatch(part):
                    uses.append((where, len(cells), part))
                    part = "0"
                elif word not in ("word", "push"):
                    raise Wrong("bad operand " + part)
                cells.append(number(part))

    for where, text in enumerate(source.split("\n"), 1):
        try:
            line(where, text)
        except Wrong as problem:
            raise Wrong("line %d: %s" % (where, problem))
    missing = [(where, n) for where, n in globals_ if n not in labels]
    missing += [(where, n) for where, _, n in uses if n not in labels and n not in externs]
    if missing:
        raise Wrong("line %d: %s is not defined" % min(missing, key=lambda pair: pair[0]))
    local = [(place, labels[n]) for _, place, n in uses if n in labels]
    outer = [(place, n) for _, place, n in uses if n not in labels]
    return {"cells": cells, "globals": {n: labels[n] for _, n in globals_}, "local": local, "outer": outer}


try:
    made = main(open(sys.argv[1], encoding="latin-1").read())
    json.dump(made, open(sys.argv[2], "w"))
except Wrong as problem:
    print("as:", problem, file=sys.stderr)
    sys.exit(1)
END
cat > ld <<"END"
#!/usr/bin/env python3
# overhang canary e6bb1581672ab17ef73f9a3416b6640a
import json, sys


def stop(text):
    print("ld:", text, file=sys.stderr)
    sys.exit(1)


cells, names, outer = [], {}, []
for path in sys.argv[2:]:
    part, base = json.load(open(path)), len(cells)
    for name, at in part["globals"].items():
        if name in names:
            stop(name + " is defined twice")
        names[name] = base + at
    cells += part["cells"]
    for place, at in part["local"]:
        cells[base + place] = base + at
    outer += [(base + place, name) for place, name in part["outer"]]
for place, name in outer:
    if name not in names:
        stop(name + " is not defined")
    cells[place] = names[name]
if "main" not in names:
    stop("main is not defined")
if len(cells) > 65536:
    stop("image too large")
json.dump([names["main"], cells], open(sys.argv[1], "w"))
END
cat > run.c <<"END"
// overhang canary e6bb1581672ab17ef73f9a3416b6640a
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#define STOP(...) (fflush(stdout), fprintf(stderr, "run: " __VA_ARGS__), fputc('\n', stderr), exit(1))
static int32_t m[65536], code[65536], s[1000];
static int n;
static int at;
static int32_t pop(void) { if (!n) STOP("stack empty at %d", at); return s[--n]; }
static void push(uint32_t v) { if (n == 1000) STOP("stack full at %d", at); s[n++] = (int32_t)v; }
static int32_t address(int32_t a) { if (a < 0 || a > 65535) STOP("bad address %d at %d", a, at); return a; }
int main(int argc, char **argv)
{
    FILE *f = fopen(argv[argc - 1], "r");
    int c, pc, size = 0;
    if (!f || fscanf(f, "[%d, [", &pc) != 1) STOP("no image");
    while (fscanf(f, "%d,", &m[size]) == 1) size++;
    for (int i = 0; i < 65536; i++) code[i] = m[i];
    for (long step = 0; ; step++) {
        if (step == 1000000) STOP("out of steps");
        at = pc;
        int op = code[address(pc)];
        int32_t operand = op >= 32 && op <= 35 ? code[address(pc + 1)] : 0, a, b;
        pc += op >= 32 ? 2 : 1;
        if (op >= 2 && op <= 10) {
            b = pop(), a = pop();
            if ((op == 5 || op == 6) && b == 0) STOP("division by zero at %d", at);
            switch (op) {
            case 2: push((uint32_t)a + (uint32_t)b); break;
            case 3: push((uint32_t)a - (uint32_t)b); break;
            case 4: push((uint32_t)a * (uint32_t)b); break;
            case 5: push(b == -1 ? -(uint32_t)a : (uint32_t)(a / b)); break;
            case 6: push(b == -1 ? 0 : (uint32_t)(a % b)); break;
            case 7: push(a < b); break;
            case 8: push(a == b); break;
            case 9: push(a & b); break;
            case 10: push(a ^ b); break;
            }
        } else switch (op) {
        case 1: a = pop(); fflush(stdout); exit(a & 255);
        case 11: a = pop(); push(a); push(a); break;
        case 12: b = pop(), a = pop(); push(b); push(a); break;
        case 13: pop(); break;
        case 14: push(m[address(pop())]); break;
        case 15: a = pop(), b = pop(); m[address(a)] = b; break;
        case 16: c = getchar(); push(c == EOF ? -1 : c); break;
        case 17: putchar(pop() & 255); break;
        case 18: printf("%d\n", pop()); break;
        case 19: pc = pop(); break;
        case 20: a = pop(); push(pc); pc = a; break;
        case 32: push(operand); break;
        case 33: pc = operand; break;
        case 34: if (pop() == 0) pc = operand; break;
        case 35: push(pc); pc = operand; break;
        default: STOP("bad instruction %d at %d", op, at);
        }
    }
}
END
gcc -O1 -o run run.c
cat > check <<"END"
#!/bin/bash
# overhang canary e6bb1581672ab17ef73f9a3416b6640a
tools=$(dirname "$(realpath "$0")")
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
try() {
    rm -rf "$work"/*
    local n=10000 source input=/dev/null
    for source in "$1"/*.s; do
        n=$((n + 1))
        "$tools/as" "$source" "$work/$n.o" 2> "$work/error" || return
    done
    "$tools/ld" "$work/img" "$work"/*.o 2> "$work/error" || return
    [ -f "$1/input" ] && input=$1/input
    "$tools/run" "$work/img" < "$input" > "$work/output" 2> "$work/error"
    [ ! -s "$work/error" ]
}
status=0
cd "$1"
for folder in *; do
    [ -d "$folder" ] || continue
    if ! try "$PWD/$folder"; then
        echo "$folder fails: $(head -n 1 "$work/error" | sed 's/^[a-z]*: //')"
        status=1
    elif cmp -s "$work/output" "$folder/expected"; then
        echo "$folder ok"
    else
        echo "$folder wrong output"
        status=1
    fi
done
exit $status
END
chmod +x as ld check
