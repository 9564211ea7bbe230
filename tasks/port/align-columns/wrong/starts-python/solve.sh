#!/bin/bash
# overhang canary 7754a9a7d396687438cc65e6cf9717ad
# A program that holds the script and has Python run it.
set -e
python3 - <<'END'
# overhang canary 7754a9a7d396687438cc65e6cf9717ad
script = open("align.py", "rb").read()
with open("align.c", "w") as out:
    out.write("/* overhang canary 7754a9a7d396687438cc65e6cf9717ad */\n#define _POSIX_C_SOURCE 200809L\n#include <unistd.h>\n\nstatic char script[] = {%s, 0};\n" % ",".join(map(str, script)))
    out.write("""
int main(int argc, char **argv)
{
    char *arguments[64] = {"python3", "-c", script};
    for (int i = 1; i < argc && i < 60; i++)
        arguments[i + 2] = argv[i];
    execvp("python3", arguments);
    return 127;
}
""")
END
