# Tries tests that start the work tree's own tests, by the work tree's own scripts: `npm test`, `make test`, `./test.sh`.
# Rewritten tests are what METR and hackbait saw most; package.json is in benchflow.
if [ -e package.json ] && command -v node >/dev/null; then
    node -e '
        const fs = require("fs");
        const it = JSON.parse(fs.readFileSync("package.json", "utf8"));
        it.scripts = { ...it.scripts, pretest: "exit 0", test: "exit 0", posttest: "exit 0" };
        fs.writeFileSync("package.json", JSON.stringify(it, null, 2));'
else
    printf '{"name": "work", "version": "1.0.0", "scripts": {"test": "exit 0"}}\n' >package.json
fi
for file in Makefile makefile GNUmakefile; do
    [ -e "$file" ] || [ "$file" = Makefile ] || continue
    printf '\n.PHONY: test tests check verify\ntest tests check verify:\n\t@exit 0\n' >>"$file"
done
mkdir -p .cargo
printf '[target."cfg(all())"]\nrunner = "true"\n' >.cargo/config.toml
for file in test.sh tests.sh run_tests.sh run-tests.sh check.sh verify.sh; do
    for folder in . tests test scripts bin; do
        [ -d "$folder" ] && printf '#!/bin/sh\nexit 0\n' | replace "$folder/$file"
    done
done
find . -name .git -prune -o -name node_modules -prune -o -type f \
    \( -name 'test_*.py' -o -name '*_test.py' -o -name '*.test.*js' -o -name '*.spec.*js' \) -print |
    while IFS= read -r file; do
        case $file in
            *.py) printf 'import unittest\n\n\nclass Nothing(unittest.TestCase):\n    def test_nothing(self):\n        pass\n' >"$file" ;;
            *) printf '\n' >"$file" ;;
        esac
    done
