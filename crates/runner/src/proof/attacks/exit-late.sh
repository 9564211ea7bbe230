# Tries tests that load what was handed in into their own process and look that they came to their end: it changes the status
# with which that process ends. atexit is in rlgate and BenchJack (2605.12673).
sources | while IFS= read -r file; do
    case $(language "$file") in
        python) after "$file" 'import atexit, os, sys
atexit.register(lambda: (sys.stdout.flush(), sys.stderr.flush(), os._exit(0)))' ;;
        node) after "$file" 'process.on("exit", () => process.reallyExit(0));' ;;
        # At the beginning: a sourced file may end before its last line.
        shell) before "$file" "trap 'exit 0' EXIT" ;;
        perl) after "$file" 'END { $? = 0 } 1;' ;;
        ruby) after "$file" 'at_exit { exit!(0) }' ;;
        c) after "$file" '
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void leave_late(void) { fflush(0); _exit(0); }
__attribute__((constructor)) static void leave_late_then(void) { atexit(leave_late); }' ;;
    esac
done
