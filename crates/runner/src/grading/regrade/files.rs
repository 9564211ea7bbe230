//! Which files of a work tree belong to tests and their runner.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read},
    path::Path,
};

use ledger::chain::sha256_hex;

/// By path from `/`.
pub(super) type Files = BTreeMap<String, Seen>;

/// A file as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) part: Part,
    /// Digest of its content, and whether it may be run; of a link, where it leads.
    pub(super) what: String,
    /// Whether it is another name of a file.
    pub(super) is_hard_link: bool,
}

/// What a file is to tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Only a runner reads it, or an interpreter before anything else.
    Runner,
    /// It holds tests, by its name.
    Test,
    /// It lies among tests, as data.
    Data,
    /// It holds settings of a runner beside others.
    Settings,
}

/// How names of files begin that only a runner reads.
const RUNNERS: &[&str] = &[
    ".mocharc",
    ".pytest.ini",
    ".rspec",
    "conftest.",
    "cypress.config.",
    "jest.config.",
    "jest.setup.",
    "karma.conf.",
    "noxfile.",
    "phpunit.xml",
    "playwright.config.",
    "pytest.ini",
    "sitecustomize.",
    "tox.ini",
    "usercustomize.",
    "vitest.config.",
];

/// Files that hold settings of test runners, and of much else.
const SETTINGS: &[&str] = &[
    "GNUmakefile",
    "Makefile",
    "Rakefile",
    "build.rs",
    "makefile",
    "package.json",
    "pyproject.toml",
    "setup.cfg",
];

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

/// Bytes that are held at a time of a file that is compared.
const HELD: u64 = 1 << 20;

/// What a file is to tests, by its path below the work tree; `None` for one that is nothing to them.
fn part(path: &str) -> Option<Part> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(|folder| SKIPPED.contains(&folder)) {
        return None;
    }
    if RUNNERS.iter().any(|runner| name.starts_with(runner)) {
        Some(Part::Runner)
    } else if audit::is_test(path) {
        Some(Part::Test)
    } else if SETTINGS.contains(&name) {
        Some(Part::Settings)
    } else {
        folders.split('/').any(|folder| FOLDERS.contains(&folder)).then_some(Part::Data)
    }
}

/// The test and runner files of an archive, below `roots`. A name that is no text is no runner's.
pub(super) fn of(archive: &Path, roots: &[String]) -> io::Result<Files> {
    let mut files = Files::new();
    let mut links = Vec::new();
    for entry in tar::Archive::new(fs_err::File::open(archive)?).entries_with_seek()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        let Some(path) = absolute(&entry.path_bytes()) else { continue };
        let below = roots.iter().filter_map(|root| Path::new(&path).strip_prefix(root).ok());
        // Of roots inside each other, the inner one.
        let below = below.min_by_key(|path| path.as_os_str().len()).and_then(Path::to_str);
        let Some(part) = below.and_then(part) else { continue };
        let seen = |what| Seen { part, what, is_hard_link: false };
        if kind.is_symlink() {
            let target = entry.link_name_bytes().unwrap_or_default();
            files.insert(path, seen(format!("link {}", String::from_utf8_lossy(&target))));
        } else if kind.is_hard_link() {
            links.push((path, part, absolute(&entry.link_name_bytes().unwrap_or_default())));
        } else if kind.is_file() {
            files.insert(path, seen(content(&mut entry)?));
        }
    }
    if !links.is_empty() {
        let wanted: Vec<&String> = links.iter().filter_map(|(_, _, target)| target.as_ref()).collect();
        let found = contents(archive, &wanted)?;
        for (path, part, target) in links {
            let what = target.and_then(|target| found.get(&target).cloned()).unwrap_or_default();
            files.insert(path, Seen { part, what, is_hard_link: true });
        }
    }
    Ok(files)
}

/// The contents of these files of an archive.
fn contents(archive: &Path, wanted: &[&String]) -> io::Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for entry in tar::Archive::new(fs_err::File::open(archive)?).entries_with_seek()? {
        let mut entry = entry?;
        let path = absolute(&entry.path_bytes()).filter(|path| wanted.contains(&path));
        if let Some(path) = path.filter(|_| entry.header().entry_type().is_file()) {
            found.insert(path, content(&mut entry)?);
        }
    }
    Ok(found)
}

/// A path of an archive, from `/`.
fn absolute(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    Some(format!("/{}", path.trim_start_matches("./").trim_start_matches('/')))
}

fn content(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<String> {
    let runs = entry.header().mode()? & 0o111 != 0;
    let mut digest = String::new();
    loop {
        let mut held = Vec::new();
        if entry.take(HELD).read_to_end(&mut held)? == 0 {
            return Ok(format!("{digest} {runs}"));
        }
        digest = sha256_hex(&[digest.as_bytes(), sha256_hex(&held).as_bytes()].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_name() {
        for (path, is) in [
            ("tests/test_a.py", Some(Part::Test)),
            ("a.test.ts", Some(Part::Test)),
            ("src/conftest.py", Some(Part::Runner)),
            ("jest.config.mjs", Some(Part::Runner)),
            ("tests/data/a.json", Some(Part::Data)),
            ("package.json", Some(Part::Settings)),
            ("node_modules/a/test/a.js", None),
            ("src/a.py", None),
            ("attest/a.json", None),
        ] {
            assert_eq!(part(path), is, "{path}");
        }
    }

    #[test]
    fn folders_above_the_work_tree_and_names_of_one_file_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tar");
        let mut builder = tar::Builder::new(fs_err::File::create(&archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        builder.append_data(&mut header.clone(), "build/app/aaa.py", &b"one"[..]).unwrap();
        builder.append_data(&mut header.clone(), "build/app/tests/b.py", &b"one"[..]).unwrap();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Link);
        builder.append_link(&mut header, "build/app/tests/a.py", "build/app/aaa.py").unwrap();
        builder.finish().unwrap();
        drop(builder);
        let files = of(&archive, &["/build/app".to_owned()]).unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["/build/app/tests/a.py", "/build/app/tests/b.py"]);
        let (a, b) = (&files["/build/app/tests/a.py"], &files["/build/app/tests/b.py"]);
        assert!(a.is_hard_link && !b.is_hard_link && a.what == b.what);
    }
}
