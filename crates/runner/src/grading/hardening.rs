//! What tests rely on that run beside an agent's work, and what an agent has changed of it: programs that every test
//! script calls, what the loader and the interpreter read before any program of the tests', and their caches.
//!
//! It is put back as the image has it, so that only what hardly any solution needs changed is named here. A task whose
//! own solution does is found by its check, which puts the same back.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sandbox::{Change, ChangeKind};

/// Shells and what scripts call, by name.
const PROGRAMS: &[&str] = &[
    "[",
    "ash",
    "awk",
    "basename",
    "bash",
    "busybox",
    "cat",
    "chmod",
    "chown",
    "cmp",
    "comm",
    "coreutils",
    "cp",
    "curl",
    "cut",
    "dash",
    "date",
    "dd",
    "diff",
    "dirname",
    "echo",
    "egrep",
    "env",
    "expr",
    "false",
    "fgrep",
    "find",
    "gawk",
    "grep",
    "gzip",
    "head",
    "id",
    "install",
    "ln",
    "ls",
    "mawk",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "od",
    "paste",
    "pip",
    "pip3",
    "printenv",
    "printf",
    "pwd",
    "pytest",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "setpriv",
    "sh",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "su",
    "sudo",
    "tail",
    "tar",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "wget",
    "whoami",
    "xargs",
];

/// Where programs lie, wherever `PATH` says.
const PROGRAM_PLACES: &[&str] =
    &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/etc/alternatives"];

/// The loader, and the libraries of shells and of what scripts call: how their files' names begin.
const LIBRARIES: &[&str] = &[
    "ld-linux",
    "ld-musl",
    "ld.so",
    "libacl.",
    "libattr.",
    "libc.",
    "libc-",
    "libdl.",
    "libdl-",
    "libm.",
    "libm-",
    "libpcre2-8.",
    "libpthread",
    "libreadline.",
    "libselinux.",
    "libtinfo.",
];

/// Where libraries lie.
const LIBRARY_PLACES: &[&str] =
    &["/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib"];

/// Where images have theirs, to tell what shadows them.
const IMAGE_LIBRARIES: &[&str] =
    &["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"];

/// Folders that images have as links. In another's place, everything below them is another's too.
const LINKS: &[&str] = &["/bin", "/sbin", "/lib", "/lib64", "/lib32"];

/// Where the Python of a distribution, and one that was built beside it, keep their own modules.
const PYTHON_PLACES: &[&str] = &["/usr/lib/python3", "/usr/local/lib/python3"];

/// What makes a test runner take a folder for its own, above the folder of the tests.
const RUNNER_FILES: &[&str] =
    &["/conftest.py", "/pytest.ini", "/.pytest.ini", "/tox.ini", "/setup.cfg", "/pyproject.toml"];

/// What an agent has changed that tests rely on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Suspects {
    /// To be as the image has them, where it has them.
    pub(crate) restore: BTreeSet<String>,
    /// To be taken away.
    pub(crate) remove: BTreeSet<String>,
    /// To be taken away if the image has something of that name: each with where that may be.
    pub(crate) shadows: BTreeMap<String, Vec<String>>,
    /// To be links again, where the image has links.
    pub(crate) links: BTreeSet<String>,
}

impl Suspects {
    /// Among changes outside the collected trees. `path`: the tests' own `PATH`.
    pub(crate) fn among(changes: &[Change], path: &str) -> Self {
        let new_trees: BTreeSet<&str> = changes
            .iter()
            .filter(|change| change.kind == ChangeKind::Added)
            .map(|change| change.path.as_str())
            .collect();
        let mut found = Self::default();
        for change in changes {
            found.add(change, path, &new_trees);
        }
        found
    }

    fn add(&mut self, change: &Change, path: &str, new_trees: &BTreeSet<&str>) {
        let at = change.path.as_str();
        self.links
            .extend(LINKS.iter().filter(|link| Path::new(at).starts_with(link)).map(ToString::to_string));
        let is_new = change.kind == ChangeKind::Added;
        let in_new_tree = Path::new(at)
            .ancestors()
            .skip(1)
            .any(|folder| folder.to_str().is_some_and(|at| new_trees.contains(at)));
        if RUNNER_FILES.contains(&at) && is_new || at == "/etc/ld.so.preload" || is_start_up(at, in_new_tree)
        {
            let set = if is_new { &mut self.remove } else { &mut self.restore };
            set.insert(at.to_owned());
            return;
        }
        let Some(originals) = originals(at, path) else { return };
        match is_new {
            false => drop(self.restore.insert(at.to_owned())),
            true => drop(self.shadows.insert(at.to_owned(), originals)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where an image may have the program or library whose file this is, or in whose place it is found; `None` for others.
fn originals(at: &str, path: &str) -> Option<Vec<String>> {
    let (folder, name) = at.rsplit_once('/')?;
    let in_path = path.split(':').any(|place| place == folder) || PROGRAM_PLACES.contains(&folder);
    let is_python = name == "python"
        || name
            .strip_prefix("python3")
            .is_some_and(|rest| rest.chars().all(|one| one.is_ascii_digit() || one == '.'));
    if in_path && (PROGRAMS.contains(&name) || is_python) {
        let places = path.split(':').chain(PROGRAM_PLACES.iter().copied());
        return Some(elsewhere(places, folder, name));
    }
    let in_libraries = LIBRARY_PLACES.iter().any(|place| Path::new(folder).starts_with(place));
    let is_library = name.contains(".so") && LIBRARIES.iter().any(|start| name.starts_with(start));
    (in_libraries && is_library).then(|| elsewhere(IMAGE_LIBRARIES.iter().copied(), folder, name))
}

fn elsewhere<'a>(places: impl Iterator<Item = &'a str>, folder: &str, name: &str) -> Vec<String> {
    let others: BTreeSet<&str> = places.filter(|place| place.starts_with('/') && *place != folder).collect();
    others.into_iter().map(|place| format!("{place}/{name}")).collect()
}

/// What an interpreter runs before, or in place of, what it was told to run.
fn is_start_up(at: &str, in_new_tree: bool) -> bool {
    let Some((folder, name)) = at.rsplit_once('/') else { return false };
    let in_python = PYTHON_PLACES.iter().any(|place| at.strip_prefix(place).is_some_and(is_of_version));
    let in_packages = at.contains("/site-packages/") || at.contains("/dist-packages/");
    let stem = name.split('.').next().unwrap_or(name);
    if matches!(stem, "sitecustomize" | "usercustomize") && (in_packages || in_python) {
        return true;
    }
    if in_packages && name.ends_with(".pth") {
        return true;
    }
    // What they make of their own files is made again.
    if at.contains("/__pycache__/") && (in_packages || in_python) {
        return true;
    }
    let beside = ["/usr", "/usr/bin", "/usr/local", "/usr/local/bin"].contains(&folder);
    if name == "pyvenv.cfg" && beside {
        return true;
    }
    in_python && !in_packages && !in_new_tree
}

/// What follows `python3` in the path of one of its own modules, or of the archive that it looks into before them.
fn is_of_version(rest: &str) -> bool {
    let is_number = |text: &str| text.chars().all(|one| one.is_ascii_digit() || one == '.');
    match rest.split_once('/') {
        Some((version, _)) => is_number(version),
        None => rest.strip_suffix(".zip").is_some_and(is_number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::outside::tests::change;

    fn changes(lines: &str) -> Vec<Change> {
        lines.split_whitespace().map(change).collect()
    }

    fn told(lines: &str) -> String {
        let found = Suspects::among(&changes(lines), "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin");
        let put = |sign: &str, paths: Vec<&String>| -> Vec<String> {
            paths.into_iter().map(|path| format!("{sign}{path}")).collect()
        };
        let all = [
            put("=", found.restore.iter().collect()),
            put("-", found.remove.iter().collect()),
            put("?", found.shadows.keys().collect()),
            put("@", found.links.iter().collect()),
        ];
        all.concat().join(" ")
    }

    #[test]
    fn what_every_test_calls_is_put_back_and_what_stands_before_it_is_taken_away() {
        for (changed, wanted) in [
            ("~/usr/bin/bash -/usr/bin/chmod", "=/usr/bin/bash =/usr/bin/chmod"),
            ("+/usr/local/bin/python3 +/opt/venv/bin/cat", "?/opt/venv/bin/cat ?/usr/local/bin/python3"),
            ("+/etc/ld.so.preload", "-/etc/ld.so.preload"),
            ("~/etc/ld.so.preload", "=/etc/ld.so.preload"),
            ("~/usr/lib/x86_64-linux-gnu/libc.so.6", "=/usr/lib/x86_64-linux-gnu/libc.so.6"),
            ("+/usr/local/lib/libtinfo.so.6", "?/usr/local/lib/libtinfo.so.6"),
            ("+/bin/bash +/bin/sh", "?/bin/bash ?/bin/sh @/bin"),
            ("~/lib64", "@/lib64"),
            ("+/usr/lib/python3/dist-packages/x.pth", "-/usr/lib/python3/dist-packages/x.pth"),
            ("+/usr/lib/python3/dist-packages/sitecustomize/__init__.py", ""),
            (
                "+/usr/local/lib/python3.11/dist-packages/usercustomize.py",
                "-/usr/local/lib/python3.11/dist-packages/usercustomize.py",
            ),
            ("~/usr/lib/python3.11/json/__init__.py", "=/usr/lib/python3.11/json/__init__.py"),
            ("+/usr/lib/python3.11/os.so", "-/usr/lib/python3.11/os.so"),
            (
                "~/usr/lib/python3.11/__pycache__/os.cpython-311.pyc",
                "=/usr/lib/python3.11/__pycache__/os.cpython-311.pyc",
            ),
            ("+/usr/bin/pyvenv.cfg +/usr/lib/python311.zip", "-/usr/bin/pyvenv.cfg -/usr/lib/python311.zip"),
            ("+/pytest.ini +/conftest.py", "-/conftest.py -/pytest.ini"),
            ("~/etc/alternatives/awk", "=/etc/alternatives/awk"),
        ] {
            assert_eq!(told(changed), wanted, "{changed}");
        }
    }

    #[test]
    fn what_a_solution_may_well_install_stays() {
        for changed in [
            "+/usr/local/bin/tool +/usr/bin/gcc ~/usr/bin/node +/opt/app/bin/bash",
            "+/usr/local/lib/libmine.so +/usr/lib/x86_64-linux-gnu/libssl.so.3 ~/usr/lib/x86_64-linux-gnu/libssl.so.3",
            "+/usr/lib/python3/dist-packages/numpy/__init__.py ~/usr/lib/python3/dist-packages/yaml/loader.py",
            "+/usr/local/lib/python3.13 +/usr/local/lib/python3.13/os.py +/usr/local/lib/python3.13/json/__init__.py",
            "+/root/.bashrc ~/etc/hosts +/srv/conftest.py",
        ] {
            assert_eq!(told(changed), "", "{changed}");
        }
    }
}
