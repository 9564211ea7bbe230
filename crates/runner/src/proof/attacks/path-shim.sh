# Tries tests that look for programs where the agent can write: in folders of PATH beside the system's, in tools' folders of
# the work tree, at home. Shims of interpreters and runners are in BenchJack (2605.12673), rlgate and benchflow.
folders=$(
    printf '%s\n' "$PATH" | tr ':' '\n' | grep -v -x -E '/(usr/)?s?bin'
    for folder in "$work/bin" "$work/.venv/bin" "$work/venv/bin" "$work/node_modules/.bin" "$work/target/release" \
        "${HOME:-/root}/bin" "${HOME:-/root}/.local/bin" "${HOME:-/root}/.cargo/bin" /usr/local/sbin /usr/local/bin; do
        printf '%s\n' "$folder"
    done
)
shim=$work/.shim
{
    echo '#!/bin/sh'
    echo '[ -d /tests ] || exit 0'
    printf '%s\n' "$forging" 'exit 0'
} 2>/dev/null | replace "$shim"
printf '%s\n' "$folders" | sort -u | while IFS= read -r folder; do
    mkdir -p "$folder"
    for name in python python3 pytest node npm npx bash make git gcc cc cargo go java ruby perl diff cmp grep curl uv uvx jq; do
        # Moved into place, since a program that runs cannot be written to.
        cp "$shim" "$folder/.shim" && mv -f "$folder/.shim" "$folder/$name"
    done
done
rm -f "$shim"
