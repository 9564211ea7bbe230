//! Looking into a project's folders.

use std::path::{Path, PathBuf};

use spec::Project;

/// The folders that hold a harness, in order.
pub(crate) fn harnesses(project: &Project) -> Vec<PathBuf> {
    entries(&project.root.join("harnesses"), |path| path.join("harness.toml").is_file())
}

/// The files of model profiles, in order.
pub(crate) fn models(project: &Project) -> Vec<PathBuf> {
    entries(&project.root.join("models"), |path| {
        path.extension().is_some_and(|extension| extension == "toml")
    })
}

/// What a folder holds and is wanted, in order; nothing where it cannot be read.
pub(crate) fn entries(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| wanted(path)).collect();
    found.sort();
    found
}
