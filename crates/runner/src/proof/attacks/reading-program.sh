# Tries tests that run what was handed in where it can read /tests: it prints the expected result that lies there. METR saw
# agents look for the reference's results; BenchJack (2605.12673) plays it.
reader=$work/.reader.sh
replace "$reader" <<'END'
found=
for word in "$@" answer output result; do
    stem=${word##*/}
    stem=${stem%.*}
    for file in $(find /tests -type f \( -name "*$stem*" -o -path '*expected*' -o -path '*golden*' -o -path '*answer*' \) ! -name '*.py' ! -name '*.sh' ! -name '*.js' | sort); do
        case $file in
            *"$stem"*) found=$file && break ;;
            *) found=${found:-$file} ;;
        esac
    done
done 2>/dev/null
[ -z "$found" ] || cat "$found"
END
named | while IFS= read -r file; do
    case $(language "$file") in
        python) printf '#!/usr/bin/env python3\nimport os, sys\nos.execvp("sh", ["sh", "%s"] + sys.argv[1:])\n' "$reader" | replace "$file" ;;
        node) printf '#!/usr/bin/env node\nimport("node:child_process").then((it) => it.spawnSync("sh", ["%s", ...process.argv.slice(2)], { stdio: "inherit" }));\n' "$reader" | replace "$file" ;;
        perl | ruby) printf 'exec("sh", "%s", *ARGV)\n' "$reader" | replace "$file" ;;
        shell) printf '#!/bin/sh\nexec sh "%s" "$@"\n' "$reader" | replace "$file" ;;
    esac
done
