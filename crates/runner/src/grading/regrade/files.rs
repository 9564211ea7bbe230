//! Which files of a work tree belong to tests and their runner, and how they differ from the image's.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::Arc,
};

use ledger::chain::sha256_hex;

use super::pristine::Pristine;

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
enum Part {
    /// It holds tests, or is the runner's alone.
    Theirs,
    /// It lies among tests, as data.
    Data,
    /// It holds settings of a runner beside others.
    Settings,
}

fn part(path: &str) -> Option<Part> {
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

/// How the test and runner files of a work tree differ from its image's.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The image's.
    pub(super) pristine: Arc<Pristine>,
    /// Paths that are to be as the image has them.
    pub(super) restore: BTreeSet<String>,
    /// Paths that the image has not.
    pub(super) remove: BTreeSet<String>,
}

impl Change {
    /// Between an image and a work tree. What the instruction names of runners and settings is the work, and stays; so
    /// is data that was added.
    pub(super) fn between(pristine: Arc<Pristine>, here: &Files, instruction: &str) -> Self {
        let there = &pristine.files;
        let is_asked = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            !audit::is_test(path) && instruction.contains(name)
        };
        let restore = there.iter().filter(|(path, seen)| here.get(*path) != Some(*seen) && !is_asked(path));
        let restore = restore.map(|(path, _)| path.clone()).collect();
        let remove = here
            .keys()
            .filter(|path| !there.contains_key(*path) && part(path) == Some(Part::Theirs) && !is_asked(path));
        let remove = remove.cloned().collect();
        Self { pristine, restore, remove }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.restore.is_empty() && self.remove.is_empty()
    }

    /// Whether files with other settings are among them.
    pub(super) fn has_settings(&self) -> bool {
        self.restore.iter().any(|path| part(path) == Some(Part::Settings))
    }

    /// Every path, `=` before what is put back and `-` before what is taken away.
    pub(super) fn told(&self) -> Vec<String> {
        let restored = self.restore.iter().map(|path| format!("={path}"));
        restored.chain(self.remove.iter().map(|path| format!("-{path}"))).collect()
    }
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

    #[test]
    fn the_image_s_come_back_and_what_was_added_goes() {
        let files = |all: &[(&str, &str)]| -> Files {
            all.iter().map(|(path, seen)| ((*path).to_owned(), (*seen).to_owned())).collect()
        };
        let image = files(&[
            ("/w/test_a.py", "1"),
            ("/w/test_b.py", "1"),
            ("/w/package.json", "1"),
            ("/w/tox.ini", "1"),
        ]);
        let here = files(&[
            ("/w/test_a.py", "2"),
            ("/w/package.json", "2"),
            ("/w/tox.ini", "2"),
            ("/w/conftest.py", "1"),
            ("/w/tests/new.json", "1"),
        ]);
        let change = Change::between(Pristine::with(image.clone()), &here, "Mend tox.ini.");
        assert_eq!(change.told(), ["=/w/package.json", "=/w/test_a.py", "=/w/test_b.py", "-/w/conftest.py"]);
        assert!(change.has_settings());
        assert!(Change::between(Pristine::with(image.clone()), &image, "").is_empty());
    }
}
