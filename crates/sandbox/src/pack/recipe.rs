//! What a pack is made from.

use std::{collections::BTreeSet, io, path::PathBuf};

use fs_err as fs;
use serde_json::json;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::hex;

/// What a pack is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The harness.
    pub name: String,
    /// Its version, which the smoke command prints.
    pub version: String,
    /// Shell script that fills `$PACK`; the folder is its working directory, unchangeable.
    pub build: String,
    /// Paths in the pack that must exist afterwards.
    pub complete: Vec<String>,
    /// Command that must exit 0 with the version in its output: templates.
    pub smoke: Vec<String>,
    /// The harness's folder on this machine.
    pub folder: PathBuf,
    /// Files of the folder that only a run uses.
    pub unused: BTreeSet<String>,
}

impl Recipe {
    /// SHA-256 over the name, the version, the commands, and every file of the folder that the script can see, less
    /// those that only a run uses: `harness.toml` itself, what is named so, and Markdown.
    pub(super) fn digest(&self) -> io::Result<String> {
        let unused =
            |path: &str| path == "harness.toml" || path.ends_with(".md") || self.unused.contains(path);
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(b"overhang pack 1");
        field(self.name.as_bytes());
        field(self.version.as_bytes());
        // As harnesses write it: packs are known by this.
        let commands = json!({"build": self.build, "complete": self.complete, "smoke": self.smoke});
        field(commands.to_string().as_bytes());
        for entry in WalkDir::new(&self.folder).sort_by_file_name() {
            let entry = entry?;
            let path = entry.path().strip_prefix(&self.folder).unwrap_or(entry.path()).to_string_lossy();
            if !entry.file_type().is_file() || unused(&path) {
                continue;
            }
            field(path.as_bytes());
            field(&fs::read(entry.path())?);
        }
        Ok(hex(&hash.finalize()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;

    pub(in crate::pack) fn recipe(folder: &Path) -> Recipe {
        Recipe {
            name: "one".into(),
            version: "1.2.3".into(),
            build: "true".into(),
            complete: vec!["bin/run".into()],
            smoke: vec!["{{ pack }}/bin/run".into(), "--version".into()],
            folder: folder.to_owned(),
            unused: BTreeSet::new(),
        }
    }

    #[test]
    fn what_the_recipe_uses_changes_the_digest_and_the_rest_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("package-lock.json", "{}");
        let mut one = recipe(folder.path());
        one.unused.insert("config.j2".into());
        let before = one.digest().unwrap();
        // Packs that are built already are known by it.
        assert_eq!(before, "adde20f7ca13ea65b0c7e295d1b8a8b6fba4f10dbf1ef5d830ddfd8cb374e4df");
        for unused in ["harness.toml", "README.md", "config.j2"] {
            write(unused, "x");
        }
        assert_eq!(one.digest().unwrap(), before);
        write("package-lock.json", "{ }");
        let relocked = one.digest().unwrap();
        assert_ne!(relocked, before);
        one.build.push(' ');
        assert_ne!(one.digest().unwrap(), relocked);
    }
}
