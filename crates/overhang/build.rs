//! Says which commit the program is built from, and the names of the workspace's crates.
//!
//! The answers are those of the sources that the program is made of. So this runs again when HEAD moves or one of them
//! changes, and not when git only looks at its index. Where they are not those of a checkout of this repository,
//! nothing is said, and the program calls its commit unknown.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a build script's way to say what is wrong, with nothing to build before it"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What of a crate is part of the program: tests are not.
const OF_A_CRATE: [&str; 4] = ["src", "templates", "build.rs", "Cargo.toml"];
/// What else decides it.
const OF_ALL: [&str; 4] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo"];

fn main() {
    let here =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts"));
    let root = here.join("../..").canonicalize().expect("the workspace is two folders up");
    let mut crates: Vec<PathBuf> = std::fs::read_dir(root.join("crates"))
        .expect("the workspace has crates")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    crates.sort();
    let names: Vec<_> = crates.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    println!("cargo::rustc-env=OVERHANG_CRATES={}", names.join(","));

    let parts = crates.iter().flat_map(|path| OF_A_CRATE.map(|part| path.join(part)));
    // Only what is there: cargo runs a script that waits for a missing file each time.
    let mut sources: Vec<PathBuf> = parts.chain(OF_ALL.map(|source| root.join(source))).collect();
    sources.retain(|path| path.exists());
    watch(&sources);
    if let Some((commit, date, dirty)) = commit(&root, &sources) {
        println!("cargo::rustc-env=OVERHANG_COMMIT={commit}");
        println!("cargo::rustc-env=OVERHANG_COMMIT_DATE={date}");
        println!("cargo::rustc-env=OVERHANG_DIRTY={dirty}");
    }
}

/// The commit, its day, and whether the sources differ from it; `None` outside a checkout of this repository.
fn commit(root: &Path, sources: &[PathBuf]) -> Option<(String, String, bool)> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        // Nothing is written, and whoever works with git at the same time is not in its way.
        command.args(arguments).current_dir(root).env("TZ", "UTC").env("GIT_OPTIONAL_LOCKS", "0");
        let output = command.output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // A copy inside another repository is not of that repository's commit.
    if Path::new(&git(&["rev-parse", "--show-toplevel"])?) != root {
        return None;
    }
    // Each move of HEAD is a line of its log; without one, these are all that move.
    let head = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_else(|| "HEAD".to_owned());
    let path = |name: &&str| Some(root.join(git(&["rev-parse", "--git-path", name])?));
    let mut moved: Vec<PathBuf> =
        ["HEAD", "logs/HEAD", "packed-refs", &head].iter().filter_map(path).collect();
    moved.retain(|path| path.exists());
    watch(&moved);
    let (commit, date) =
        (git(&["rev-parse", "HEAD"])?, git(&["log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d"])?);
    let sources: Vec<&str> = sources.iter().filter_map(|path| path.to_str()).collect();
    let changed = git(&[["status", "--porcelain", "--"].as_slice(), &sources].concat())?;
    Some((commit, date, !changed.is_empty()))
}

fn watch(paths: &[PathBuf]) {
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
