#!/bin/bash
# overhang canary a4ac614118d11516f57d1eb07b2258f8
# A program that holds the script and has Python run it.
set -e
{
    echo "// overhang canary a4ac614118d11516f57d1eb07b2258f8"
    echo 'const SCRIPT: &str = r####"'
    cat fares.py
    echo '"####;'
    cat <<'END'

fn main() {
    let done = std::process::Command::new("python3").args(["-c", SCRIPT]).status().unwrap();
    std::process::exit(done.code().unwrap_or(1));
}
END
} > fares.rs
