//! The files of a pack: made readable for every user, and hashed.

use std::{
    io,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
};

use fs_err as fs;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::hex;

/// A tree's content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    /// SHA-256 over path, kind, mode and content or target of every entry, sorted.
    pub(super) digest: String,
    /// Bytes of all files.
    pub(super) bytes: u64,
}

/// Lets every user read every file and run what its owner can run: tasks choose their users.
pub(super) fn open_to_all(root: &Path) -> io::Result<()> {
    for entry in WalkDir::new(root) {
        let entry = entry?;
        if entry.file_type().is_symlink() {
            continue;
        }
        let mode = entry.metadata()?.permissions().mode();
        let runs = entry.file_type().is_dir() || mode & 0o111 != 0;
        let wanted = (mode & 0o755) | if runs { 0o555 } else { 0o444 };
        if wanted != mode & 0o7777 {
            fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(wanted))?;
        }
    }
    Ok(())
}

/// Hashes a tree. Links are not followed; owners and times do not count.
pub(super) fn hash(root: &Path) -> io::Result<Tree> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let kind = entry.file_type();
        let content = if kind.is_symlink() {
            format!("link {}", hex(fs::read_link(entry.path())?.as_os_str().as_bytes()))
        } else if kind.is_dir() {
            "directory".to_owned()
        } else if kind.is_file() {
            let mut file = Sha256::new();
            bytes += io::copy(&mut fs::File::open(entry.path())?, &mut Update(&mut file))?;
            format!("file {:o} {}", entry.metadata()?.permissions().mode() & 0o7777, hex(&file.finalize()))
        } else {
            return Err(io::Error::other(format!(
                "{} is neither file, directory nor link",
                entry.path().display()
            )));
        };
        hash.update(format!("{} {content}\n", hex(path.as_os_str().as_bytes())));
    }
    Ok(Tree { digest: hex(&hash.finalize()), bytes })
}

struct Update<'a>(&'a mut Sha256);

impl io::Write for Update<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_modes_links_and_content_all_count() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("bin")).unwrap();
        fs::write(at("bin/run"), "1").unwrap();
        std::os::unix::fs::symlink("bin/run", at("link")).unwrap();
        let mut seen = vec![hash(root.path()).unwrap()];
        assert_eq!(seen, [hash(root.path()).unwrap()]);
        assert_eq!(seen[0].bytes, 1);
        let mut changed = |what: &str| {
            let now = hash(root.path()).unwrap();
            assert!(!seen.contains(&now), "{what}");
            seen.push(now);
        };
        fs::write(at("bin/run"), "2").unwrap();
        changed("content");
        fs::set_permissions(at("bin/run"), std::fs::Permissions::from_mode(0o700)).unwrap();
        changed("mode");
        fs::remove_file(at("link")).unwrap();
        std::os::unix::fs::symlink("bin", at("link")).unwrap();
        changed("link");
        fs::create_dir(at("empty")).unwrap();
        changed("empty directory");
        fs::rename(at("empty"), at("other")).unwrap();
        changed("name");
    }

    #[test]
    fn everyone_may_read_and_run_what_the_owner_may() {
        let root = tempfile::tempdir().unwrap();
        for (name, mode) in [("data", 0o600), ("tool", 0o4700)] {
            fs::write(root.path().join(name), "").unwrap();
            fs::set_permissions(root.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        open_to_all(root.path()).unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("data"), mode("tool"), mode("")), (0o644, 0o755, 0o755));
    }
}
