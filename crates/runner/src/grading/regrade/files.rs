//! Which files of a work tree belong to tests and their runner.

use std::{collections::BTreeMap, io, path::Path};

use ledger::chain::sha256_hex;

/// By path from `/`: what is there, as a digest.
pub(super) type Files = BTreeMap<String, String>;

/// Files that only a test runner reads, or that an interpreter loads before anything else.
const RUNNERS: &[&str] = &[
    ".mocharc",
    ".pytest.ini",
    "conftest.",
    "cypress.config.",
    "jest.config.",
    "jest.setup.",
    "karma.conf.",
    "playwright.config.",
    "pytest.ini",
    "sitecustomize.",
    "tox.ini",
    "usercustomize.",
    "vitest.config.",
];

/// Files that hold settings of test runners, and of much else.
const SETTINGS: &[&str] =
    &["Makefile", "build.rs", "makefile", "package.json", "pyproject.toml", "setup.cfg"];

/// Folders of what is installed or built. They hold tests of others, and come and go with honest work.
const SKIPPED: &[&str] = &[
    ".cache",
    ".git",
    ".tox",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "dist-packages",
    "node_modules",
    "site-packages",
    "target",
    "vendor",
    "venv",
];

/// Folders that hold tests, with what they read.
const FOLDERS: &[&str] = &["__tests__", "test", "tests"];

/// Largest file that is compared. Those of tests have a few thousand bytes.
const LARGEST: u64 = 16 << 20;

/// What a file is to tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It holds tests, or is the runner's alone.
    Theirs,
    /// It lies among tests, as data.
    Data,
    /// It holds settings of a runner beside others.
    Settings,
}

/// What a file is to tests; `None` for one that is nothing to them.
pub(super) fn part(path: &str) -> Option<Part> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(|folder| SKIPPED.contains(&folder)) {
        return None;
    }
    if RUNNERS.iter().any(|runner| name.starts_with(runner)) || audit::is_test(path) {
        Some(Part::Theirs)
    } else if SETTINGS.contains(&name) {
        Some(Part::Settings)
    } else {
        folders.split('/').any(|folder| FOLDERS.contains(&folder)).then_some(Part::Data)
    }
}

/// The test and runner files of an archive, below `roots`. A name that is no text is no runner's.
pub(super) fn of(archive: &Path, roots: &[String]) -> io::Result<Files> {
    let mut files = Files::new();
    for entry in tar::Archive::new(fs_err::File::open(archive)?).entries_with_seek()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if !kind.is_file() && !kind.is_symlink() {
            continue;
        }
        let Ok(path) = String::from_utf8(entry.path_bytes().into_owned()) else { continue };
        let path = format!("/{}", path.trim_start_matches('/'));
        if !roots.iter().any(|root| Path::new(&path).starts_with(root)) || part(&path).is_none() {
            continue;
        }
        let seen = if kind.is_symlink() {
            format!("link {}", String::from_utf8_lossy(&entry.link_name_bytes().unwrap_or_default()))
        } else if entry.size() > LARGEST {
            format!("{} bytes", entry.size())
        } else {
            let mut content = Vec::new();
            io::Read::read_to_end(&mut entry, &mut content)?;
            sha256_hex(&content)
        };
        files.insert(path, seen);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_name() {
        for (path, is) in [
            ("/w/tests/test_a.py", Some(Part::Theirs)),
            ("/w/a.test.ts", Some(Part::Theirs)),
            ("/w/src/conftest.py", Some(Part::Theirs)),
            ("/w/jest.config.mjs", Some(Part::Theirs)),
            ("/w/tests/data/a.json", Some(Part::Data)),
            ("/w/package.json", Some(Part::Settings)),
            ("/w/node_modules/a/test/a.js", None),
            ("/w/src/a.py", None),
            ("/w/attest/a.json", None),
        ] {
            assert_eq!(part(path), is, "{path}");
        }
    }
}
