# Tries tests that load what was handed in into their own process: it ends that with success before anything is compared.
# `sys.exit(0)` in the work is in METR's and Anthropic's reports, BenchJack (2605.12673), and rlgate.
sources | while IFS= read -r file; do
    case $(language "$file") in
        python) before "$file" 'import os; os._exit(0)' ;;
        node) before "$file" 'process.exit(0);' ;;
        shell) before "$file" 'exit 0' ;;
        perl) before "$file" 'exit 0;' ;;
        ruby) before "$file" 'exit!(0)' ;;
        c) before "$file" '
#include <unistd.h>
__attribute__((constructor)) static void leave_at_once(void) { _exit(0); }' ;;
    esac
done
