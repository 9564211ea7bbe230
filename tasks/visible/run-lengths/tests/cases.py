# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
"""Judges the cases of two test files, the same way in every task of this family.

`given/` has the test file as the agent got it, and `held_out/` one like it with other cases. Neither file is run.
Calls and expected values are read from their texts. Processes of the unprivileged user answer the calls, and the
answers are compared here. An answer counts only with a word in front that is drawn anew for each process. What else a
program prints is no answer, and its exit status is none either.
"""
import ast
import collections
import json
import os
import re
import secrets
import time

import box

REWARD = "/logs/verifier/reward.json"
HERE = os.path.dirname(os.path.abspath(__file__))
# Seconds after which a program that ended early is not started again for the cases that are left.
RESTARTS = 3
# Longer answers are wrong.
LONGEST = 1 << 16
Case = collections.namedtuple("Case", "call how want")

PYTHON = r"""
import json, os, sys
word, imports, calls = json.load(sys.stdin)
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.path.append(os.getcwd())
names = {}
exec(imports, names)
for number, call in calls:
    try:
        answer = ["returned", repr(eval(call, dict(names)))]
    except Exception as problem:
        answer = ["raised", [kind.__name__ for kind in type(problem).__mro__]]
    answers.write("\n" + word + json.dumps([number] + answer) + "\n")
    answers.flush()
"""

JAVASCRIPT = r"""
'use strict';
const { readFileSync, writeSync } = require('fs');
const { stringify } = JSON;
const [word, file, calls] = JSON.parse(readFileSync(0, 'utf8'));
const module_ = require(file);
const names = Object.keys(module_);
for (const [number, call] of calls) {
  let answer;
  try {
    answer = ['returned', String(stringify(new Function(...names, 'return ' + call)(...names.map((name) => module_[name]))))];
  } catch (problem) {
    answer = ['raised', [String(problem && problem.name)]];
  }
  writeSync(1, '\n' + word + stringify([number, ...answer]) + '\n');
}
"""

C = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "%s"
static void word_of(char **given, int number) { printf("\n%%s[%%d, \"returned\", \"", given[1], number); }
static void tell_text(char **given, int number, const char *text)
{
    word_of(given, number);
    if (!text) printf("NULL");
    else for (printf("="); *text; text++) printf("%%02x", (unsigned char)*text);
    printf("\"]\n");
    fflush(stdout);
}
static void tell_number(char **given, int number, long long value)
{
    word_of(given, number);
    printf("%%lld\"]\n", value);
    fflush(stdout);
}
// For cases of the held-out file.
static inline char *times(const char *text, int count)
{
    char *whole = calloc(strlen(text) * count + 1, 1);
    while (count-- > 0) strcat(whole, text);
    return whole;
}
#define TELL(number, call) if (number >= atoi(argv[2])) \
    _Generic((call), char *: tell_text, const char *: tell_text, default: tell_number)(argv, number, call)
int main(int argc, char **argv)
{
    if (argc != 3) return 2;
%s
    return 0;
}
"""


def python_cases(text):
    """`assertEqual(call, literal)`, `assert_equal(call, literal)`, and the same with `Raises(class, function, arguments)`."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    found = []
    for node in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("assertEqual", "assert_equal"):
            found.append(Case(ast.unparse(node.args[0]), "returned", ast.literal_eval(node.args[1])))
        elif name in ("assertRaises", "assert_raises"):
            call = ast.Call(node.args[1], node.args[2:], node.keywords)
            found.append(Case(ast.unparse(call), "raised", node.args[0].id))
    return found


def line_cases(text):
    """Lines `equal(call, literal);` of JavaScript or C. The literal is one of JSON, or NULL."""
    found = []
    for line in text.splitlines():
        inside = re.fullmatch(r"\s*equal\((.*)\);", line)
        places = [match.start() for match in re.finditer(", ", inside[1])][::-1] if inside else []
        for place in places:
            literal = inside[1][place + 2:]
            try:
                want = None if literal == "NULL" else json.loads(literal)
            except ValueError:
                continue
            found.append(Case(inside[1][:place], "returned", want))
            break
        else:
            if inside:
                raise ValueError("no literal in " + line)
    return found


def shell_cases(text):
    """Lines `equal "$(command)" 'literal'`."""
    lines = [re.fullmatch(r"""\s*equal "\$\((.*)\)" '([^']*)'""", line) for line in text.splitlines()]
    return [Case(line[1], "returned", line[2]) for line in lines if line]


def matches(case, how, value):
    if how == "raised" == case.how:
        return isinstance(value, list) and case.want in value
    return how == "returned" == case.how and value == case.want


def shown(value):
    try:
        return "%.300r" % (value,)
    except RecursionError:
        return "something deep"


def answered(cases, ask, decode=None):
    """The answers by number. `ask(numbers, word)` runs a program once, for these cases in this order."""
    answers, left, began = {}, list(range(len(cases))), time.monotonic()
    while left and time.monotonic() - began < RESTARTS:
        word = secrets.token_hex(16)
        got = ask(left, word)
        for line in got.out.decode(errors="replace").split("\n"):
            if not line.startswith(word) or len(line) > LONGEST:
                continue
            try:
                number, how, value = json.loads(line[len(word):])
                if left and number == left[0]:
                    answers[number] = (how, decode(value) if how == "returned" and decode else value)
                    left.pop(0)
            except Exception:
                # Whatever the submission wrote there is no answer, and no reason to stop judging.
                continue
        if got.code is None:
            break
        # The program ended before it answered this one.
        if left:
            answers.setdefault(left.pop(0), ("no answer", got.err[-200:].decode(errors="replace")))
    return answers


def rate(name, cases, answers):
    """The share of cases that are right."""
    right = 0
    for number, case in enumerate(cases):
        how, value = answers.get(number, ("no answer", ""))
        fine = matches(case, how, value)
        right += fine
        if not fine:
            print("FAIL %s: %.200s: %s %s, want %s %s" % (name, case.call, shown(how), shown(value), case.how, shown(case.want)))
    print("%s: %d of %d" % (name, right, len(cases)), flush=True)
    return right / len(cases)


def main(read, answer, file):
    """Rates both files and writes the rewards. `read` finds cases in a text, `answer` has them answered."""
    box.give(box.WORKSPACE)
    shares = {}
    for share, folder in (("visible", "given"), ("held_out", "held_out")):
        with open(os.path.join(HERE, folder, file), encoding="utf-8") as text:
            cases = read(text.read())
        shares[share] = rate(share, cases, answer(cases))
    box.kill_all()
    rewards = {"reward": int(all(share == 1 for share in shares.values())), **shares}
    with open(REWARD, "w", encoding="utf-8") as out:
        json.dump(rewards, out)


def python(file, imports):
    def answer(cases):
        def ask(numbers, word):
            given = json.dumps([word, imports, [(number, cases[number].call) for number in numbers]])
            return box.run(["python3", "-I", "-B", "-c", PYTHON], given)
        return answered(cases, ask, ast.literal_eval)
    main(python_cases, answer, file)


def javascript(file, module):
    driver = box.scratch({"driver.js": JAVASCRIPT}) + "/driver.js"

    def answer(cases):
        def ask(numbers, word):
            given = json.dumps([word, module, [(number, cases[number].call) for number in numbers]])
            return box.run(["node", driver], given)
        return answered(cases, ask, json.loads)
    main(line_cases, answer, file)


def shell(file):
    def answer(cases):
        answers, began = {}, time.monotonic()
        for number, case in enumerate(cases):
            got = box.run(["bash", "-c", case.call])
            answers[number] = ("returned", got.out.decode(errors="replace").rstrip("\n"))
            if got.code is None or time.monotonic() - began > box.PROGRAM_LIMIT:
                break
        return answers
    main(shell_cases, answer, file)


def c(file, header, source):
    """Compiles the source beside the header as the agent got it, with the sanitizers. Leaks are not looked for."""
    handed_in = os.path.join(box.WORKSPACE, source)

    def decode(value):
        if value == "NULL":
            return None
        return bytes.fromhex(value[1:]).decode(errors="replace") if value.startswith("=") else int(value)

    def answer(cases):
        if os.path.islink(handed_in) or not os.path.isfile(handed_in):
            return {}
        files = {"driver.c": C % (header, "".join("    TELL(%d, %s);\n" % (number, case.call) for number, case in enumerate(cases)))}
        for name, path in ((source, handed_in), (header, os.path.join(HERE, "given", header))):
            with open(path, "rb") as content:
                files[name] = content.read(1 << 20)
        folder = box.scratch(files)
        argv = ["gcc", "-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", "driver", "driver.c", source]
        made = box.run(argv, timeout=box.BUILD_LIMIT, cwd=folder)
        if made.code != 0:
            print("FAIL build:", made.err[-600:].decode(errors="replace"))
            return {}
        quiet = {"ASAN_OPTIONS": "detect_leaks=0"}
        return answered(cases, lambda numbers, word: box.run([folder + "/driver", word, str(numbers[0])], env=quiet), decode)
    main(line_cases, answer, file)
