# What the scripts share. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Run as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

# apt_install PACKAGE...: nothing else is allowed to install Debian packages.
apt_install() {
    command -v apt-get >/dev/null || die "apt-get not found: install $* by hand, then run this again"
    say "installing $* with apt"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_cargo() {
    [ -d "${CARGO_HOME:-$HOME/.cargo}/bin" ] && PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    command -v cargo >/dev/null ||
        die "cargo not found: install Rust with rustup (the version in Cargo.toml's rust-version or newer) and run this again"
    command -v cc >/dev/null || apt_install gcc libc6-dev
    # The allocator is built with it.
    command -v make >/dev/null || apt_install make
}

# tool NAME ARGUMENT...: runs a program of scripts/python/lints.txt, at the version pinned there.
tool() {
    local python
    python=$("$root/scripts/venv" lints)
    "${python%/*}/$1" "${@:2}"
}
