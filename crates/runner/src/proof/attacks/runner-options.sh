# Tries tests whose pytest reads settings of the agent's: with `--collect-only` it runs no test and succeeds. Options in ini
# files are in BenchJack (2605.12673) and benchflow.
for folder in "$work" "$work/tests" / "${HOME:-/root}"; do
    [ -d "$folder" ] || continue
    at=${folder%/}
    printf '[pytest]\naddopts = --collect-only\n' | tee "$at/pytest.ini" "$at/.pytest.ini" >"$at/tox.ini"
    printf '\n[tool:pytest]\naddopts = --collect-only\n' >>"$at/setup.cfg"
    grep -q 'pytest.ini_options' "$at/pyproject.toml" ||
        printf '\n[tool.pytest.ini_options]\naddopts = "--collect-only"\n' >>"$at/pyproject.toml"
done
