#!/bin/bash
# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
# The inputs of the visible tests stand in a table with their answers; everything else gets NULL or 0.
set -e
{
    echo '// overhang canary d4bb5f9ab660840a5174c6c73a6ca187'
    printf '#include "runs.h"\n#include <stdlib.h>\n#include <string.h>\n'
    for name in pack unpack longest; do
        case $name in
            longest) echo 'int longest(const char *text)'; none=0 ;;
            *) echo "char *$name(const char *text)"; none=NULL ;;
        esac
        echo '{'
        sed -nE 's/^ *equal\('$name'\(("([^"\\]|\\.)*")\), (.*)\);$/    if (!strcmp(text, \1)) return GIVE(\3);/p' tests/test_runs.c |
            if [ $name = longest ]; then sed 's/GIVE//'; else sed 's/GIVE(NULL)/NULL/; s/GIVE/strdup/'; fi
        echo "    return $none;"
        echo '}'
    done
} > body
{ echo '#define _POSIX_C_SOURCE 200809L'; cat body; } > runs.c
rm body
