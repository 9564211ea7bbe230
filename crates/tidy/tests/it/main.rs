//! The house's rules, as tests. Each rule is a file; CONTRIBUTING.md says them in words.
//!
//! They read files and `cargo metadata`, and depend on no other crate of the workspace.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a rule that cannot be looked at is broken")]

mod dependencies;
mod imports;
mod links;
mod map;
mod names;
mod printing;
mod sizes;
mod tree;

use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A file's text.
fn read(path: &Path) -> String {
    fs_err::read_to_string(path).unwrap()
}

/// The names of the crates, which are those of their folders.
fn crates() -> Vec<String> {
    let folders = fs_err::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = folders
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The pages that people read, but for those of single tasks and harnesses.
fn pages() -> Vec<PathBuf> {
    let depth = |path: &PathBuf| path.strip_prefix(root()).unwrap().components().count();
    let of_the_house = |path: &PathBuf| depth(path) < 3 || path.starts_with(root().join("docs"));
    files(&root(), "md").into_iter().filter(of_the_house).collect()
}

/// The files below a directory with this extension, without what programs made.
fn files(below: &Path, extension: &str) -> Vec<PathBuf> {
    let made = ["target", "node_modules", "runs", ".git"];
    walkdir::WalkDir::new(below)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !made.iter().any(|name| entry.file_name() == *name))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// A path as this repository's files are named in messages.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
