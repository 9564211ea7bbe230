//! Builds the guest: static, for size, in a target folder of its own, so that [`include_bytes!`] can take it in.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a build script's way to say what is wrong, with nothing to build before it"
)]

use std::path::PathBuf;
use std::process::Command;

/// Static linking against glibc works with the stock toolchain.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What the outer build sets for itself, and the guest must not inherit.
const FOREIGN: [&str; 8] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "CARGO_INCREMENTAL",
];

fn main() {
    let variable =
        |name: &str| PathBuf::from(std::env::var_os(name).expect("cargo sets it for build scripts"));
    let (out, here) = (variable("OUT_DIR"), variable("CARGO_MANIFEST_DIR"));
    for input in ["guest/src", "guest/Cargo.toml", "wire/src", "wire/Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", here.join("..").join(input).display());
    }
    let target_dir = out.join("guest-target");
    let mut build = Command::new(variable("CARGO"));
    build
        .current_dir(here.join("../guest"))
        .args(["build", "--package", "guest", "--profile", "guest", "--target", TARGET, "--locked"])
        .arg("--target-dir")
        .arg(&target_dir);
    for name in FOREIGN {
        build.env_remove(name);
    }
    build.env("RUSTFLAGS", "-C target-feature=+crt-static");
    let status = build.status().expect("cargo can be started");
    if !status.success() {
        panic!("the guest does not build: run `cargo build -p guest` to see why");
    }
    let binary = target_dir.join(TARGET).join("guest/guest");
    std::fs::copy(&binary, out.join("guest")).expect("the guest's binary is where cargo puts it");
}
