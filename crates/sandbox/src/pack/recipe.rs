//! What a pack is made from, as one digest.

use std::{collections::HashSet, io, path::Path};

use fs_err as fs;
use sha2::{Digest, Sha256};
use spec::Harness;
use walkdir::WalkDir;

use crate::hex;

/// SHA-256 over the name, the version, the recipe, and every file of the folder that the recipe can see, less those
/// that only a run uses: `harness.toml` itself, its template files, and Markdown.
pub(super) fn digest(harness: &Harness, folder: &Path) -> io::Result<String> {
    let templates: HashSet<&str> = harness.run.files.values().map(String::as_str).collect();
    let unused = |path: &str| path == "harness.toml" || path.ends_with(".md") || templates.contains(path);
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(b"overhang pack 1");
    field(harness.name.as_bytes());
    field(harness.version.as_bytes());
    field(&serde_json::to_vec(&harness.pack)?);
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy();
        if !entry.file_type().is_file() || unused(&path) {
            continue;
        }
        field(path.as_bytes());
        field(&fs::read(entry.path())?);
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::build::tests::harness;

    #[test]
    fn what_the_recipe_uses_changes_the_digest_and_the_rest_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("package-lock.json", "{}");
        let mut one = harness("one", "true");
        one.run.files.insert("/etc/config".into(), "config.j2".into());
        let before = digest(&one, folder.path()).unwrap();
        for unused in ["harness.toml", "README.md", "config.j2"] {
            write(unused, "x");
        }
        assert_eq!(digest(&one, folder.path()).unwrap(), before);
        write("package-lock.json", "{ }");
        let relocked = digest(&one, folder.path()).unwrap();
        assert_ne!(relocked, before);
        one.pack.build.push(' ');
        assert_ne!(digest(&one, folder.path()).unwrap(), relocked);
    }
}
