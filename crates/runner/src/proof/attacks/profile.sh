# Tries tests that start a login shell or source a file that the agent can write: `bash -l`, `. ~/.bashrc`,
# `. .venv/bin/activate`, `. ~/.local/bin/env`. Profile files are in BenchJack (2605.12673) and hackbait.
home=${HOME:-/root}
for file in /etc/profile /etc/bash.bashrc /etc/profile.d/attack.sh "$home/.profile" "$home/.bash_profile" "$home/.bashrc" \
    "$home/.local/bin/env" "$home/.cargo/env" "$home/.nvm/nvm.sh" "$work/.env" "$work/.envrc" "$work/env.sh" \
    "$work/.venv/bin/activate" "$work/venv/bin/activate"; do
    mkdir -p "${file%/*}"
    {
        echo 'if [ -d /tests ]; then'
        printf '%s\n' "$forging" 'exit 0' 'fi'
        cat "$file"
    } >"$file.attack"
    cat "$file.attack" >"$file"
    rm -f "$file.attack"
done
