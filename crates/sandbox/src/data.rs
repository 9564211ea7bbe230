//! What this machine keeps between runs: where, and who works with it.

use std::{
    env,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use fs_err as fs;
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use crate::{guest::BINARY, hex};

/// Where this user's packs, probes and the like are kept: all of it can be made again.
pub fn cache_directory() -> PathBuf {
    user_directory("XDG_CACHE_HOME", ".cache")
}

/// Our directory under an XDG base directory.
fn user_directory(variable: &str, below_home: &str) -> PathBuf {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set(variable).or_else(|| set("HOME").map(|home| home.join(below_home)));
    base.unwrap_or_else(env::temp_dir).join("overhang")
}

/// A directory that an engine works with: the guest's file, logs of builds, what was seen in images. While it is open,
/// nobody else can [claim](DataDir::claim_alone) it.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Locked by everybody who works with it, together; alone by who cleans up.
    in_use: Option<fs::File>,
}

impl DataDir {
    /// `overhang` under `XDG_DATA_HOME` or `~/.local/share`.
    pub fn usual() -> PathBuf {
        user_directory("XDG_DATA_HOME", ".local/share")
    }

    /// Says that the directory is worked with, for as long as the value lives; waits for who cleans up. Where it cannot
    /// be said, nobody can clean up either.
    pub fn open(path: PathBuf) -> Self {
        let lock = || {
            fs::create_dir_all(&path).ok()?;
            let file = fs::File::create(path.join("in-use")).ok()?;
            flock(&file, FlockOperation::LockShared).ok()?;
            Some(file)
        };
        let in_use = lock();
        Self { path, in_use }
    }

    /// Takes the directory for this program alone, if no other program works with it: from then on none begins to.
    /// Whether it was taken.
    pub fn claim_alone(&self) -> bool {
        let lock = |file: &fs::File| flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        self.in_use.as_ref().is_some_and(lock)
    }

    /// Where logs of builds are kept.
    pub fn builds(&self) -> PathBuf {
        self.path.join("builds")
    }

    /// Where is kept what was found in images.
    pub(crate) fn repositories(&self) -> PathBuf {
        self.path.join("repositories")
    }

    /// The guest as a file that can be started: written once, named by its content. Blocks.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn guest(&self) -> std::io::Result<PathBuf> {
        write_executable(&self.path.join("guest"), BINARY)
    }
}

fn write_executable(directory: &Path, content: &[u8]) -> std::io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.canonicalize()?.join(hex(&Sha256::digest(content)));
    if fs::metadata(&path).is_ok_and(|file| file.len() == content.len() as u64) {
        return Ok(path);
    }
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    std::io::Write::write_all(&mut file, content)?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o555))?;
    file.persist(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_written_once_and_a_torn_copy_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = write_executable(directory.path(), b"guest").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o555);
        assert_eq!(write_executable(directory.path(), b"guest").unwrap(), path);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "gu").unwrap();
        write_executable(directory.path(), b"guest").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"guest");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_shares_a_directory_cannot_claim_it() {
        let directory = tempfile::tempdir().unwrap();
        let open = || DataDir::open(directory.path().into());
        let (one, other) = (open(), open());
        assert!(!one.claim_alone());
        drop(other);
        assert!(one.claim_alone());
    }
}
