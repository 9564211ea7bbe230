//! Content-addressed, compressed bodies.
//!
//! A body is a zstd file named by its digest, or, where it is much like one that was stored before, a file that ends in
//! `.delta`: the other's digest (32 bytes), then a zstd frame that has the other's content for its prefix.

mod delta;

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use vocabulary::Digest;

use crate::chain::{hex, sha256_hex};

/// zstd's own default: more costs time on every call, and gains little on conversations.
const LEVEL: i32 = 3;

/// Largest body stored by another that is held against its digest, in bytes: it is read into memory.
const IN_MEMORY: u64 = 1 << 30;

/// A directory of bodies, each stored once under its digest.
#[derive(Clone, Debug)]
pub struct BlobStore {
    root: PathBuf,
}

/// A body as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its digest.
    pub digest: Digest,
    /// The file that holds it.
    pub path: PathBuf,
    /// The body without which it cannot be read; `None` where it is stored whole.
    pub like: Option<Digest>,
}

/// Why a body could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The body does not have the digest it is stored under.
    #[error("{path} is damaged: its content has another digest")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The body is larger than the reader takes.
    #[error("{path} holds more than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The digest is not 64 hex digits.
    #[error("`{0}` is not a digest")]
    NotADigest(String),
}

impl BlobStore {
    /// A store under `root`, which is made when first written to.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Stores a body; one that is there already is not written again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&self, body: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest(sha256_hex(body));
        if !self.holds(&digest)? {
            self.write(&self.path(&digest)?, &zstd::encode_all(body, LEVEL)?)?;
        }
        Ok(digest)
    }

    /// Whether a body is stored, in either form.
    fn holds(&self, digest: &Digest) -> Result<bool, BlobError> {
        let path = self.path(digest)?;
        Ok(path.exists() || delta::path(&path).exists())
    }

    /// The room that a stored body takes, in bytes: 0 where it is not stored.
    ///
    /// # Errors
    /// When its name is no digest, or the disk cannot be asked.
    pub fn room(&self, digest: &Digest) -> Result<u64, BlobError> {
        let whole = self.path(digest)?;
        for path in [delta::path(&whole), whole] {
            match fs_err::metadata(&path) {
                Ok(file) => return Ok(file.len()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), BlobError> {
        let folder = path.parent().unwrap_or(&self.root);
        fs_err::create_dir_all(folder)?;
        // A name of its own, then a rename: a reader never sees half a body, whoever else writes the same one.
        let part = folder.join(format!(".{}", uuid::Uuid::now_v7()));
        finished(&part, || {
            let mut file = fs_err::File::create(&part)?;
            std::io::Write::write_all(&mut file, content)?;
            file.sync_data()?;
            Ok(fs_err::rename(&part, path)?)
        })
    }

    /// Stores a file's content without reading it into memory.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn put_file(&self, source: &Path) -> Result<Digest, BlobError> {
        fs_err::create_dir_all(&self.root)?;
        let part = self.root.join(format!(".{}", uuid::Uuid::now_v7()));
        finished(&part, || {
            let mut file =
                Hashing { hash: Sha256::new(), to: zstd::Encoder::new(fs_err::File::create(&part)?, LEVEL)? };
            std::io::copy(&mut fs_err::File::open(source)?, &mut file)?;
            file.to.finish()?.sync_data()?;
            let digest = Digest(hex(&file.hash.finalize()));
            let path = self.path(&digest)?;
            fs_err::create_dir_all(path.parent().unwrap_or(&self.root))?;
            fs_err::rename(&part, &path)?;
            Ok(digest)
        })
    }

    /// Writes a body to a file without reading it into memory.
    ///
    /// # Errors
    /// When it is missing or damaged, or the file cannot be written: what is in it then is of no use.
    pub fn get_to_file(&self, digest: &Digest, target: &mut std::fs::File) -> Result<(), BlobError> {
        let path = self.path(digest)?;
        let mut file = Hashing { hash: Sha256::new(), to: target };
        if path.exists() {
            std::io::copy(&mut zstd::Decoder::new(fs_err::File::open(&path)?)?, &mut file)?;
        } else {
            std::io::Write::write_all(&mut file, &self.get(digest)?)?;
        }
        if hex(&file.hash.finalize()) == digest.0 { Ok(()) } else { Err(BlobError::Damaged { path }) }
    }

    /// Holds a body against its digest. One that is stored whole is not read into memory.
    ///
    /// # Errors
    /// When it is missing or damaged, or holds more than `limit` bytes.
    pub fn check(&self, digest: &Digest, limit: u64) -> Result<(), BlobError> {
        let path = self.path(digest)?;
        if !path.exists() {
            return self.get_at_most(digest, limit.min(IN_MEMORY)).map(drop);
        }
        let reader = zstd::Decoder::new(fs_err::File::open(&path)?)?;
        let mut file = Hashing { hash: Sha256::new(), to: std::io::sink() };
        let read = std::io::copy(&mut std::io::Read::take(reader, limit.saturating_add(1)), &mut file)?;
        if read > limit {
            return Err(BlobError::TooLarge { path, limit });
        }
        if hex(&file.hash.finalize()) == digest.0 { Ok(()) } else { Err(BlobError::Damaged { path }) }
    }

    /// Reads a body back, checked against its digest.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, BlobError> {
        self.get_at_most(digest, u64::MAX - 1)
    }

    /// Reads a body back that may hold at most `limit` bytes, and never more of it.
    ///
    /// # Errors
    /// When it is missing, damaged or larger.
    pub fn get_at_most(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, BlobError> {
        let path = self.path(digest)?;
        let delta = delta::path(&path);
        if !path.exists() && delta.exists() {
            return self.get_delta(&delta, digest, limit);
        }
        let reader = zstd::Decoder::new(fs_err::File::open(&path)?)?;
        read_at_most(reader, path, digest, limit)
    }

    /// Copies every body to another store.
    ///
    /// # Errors
    /// When a body cannot be read or written.
    pub fn copy_to(&self, other: &Self) -> Result<(), BlobError> {
        if !self.root.exists() {
            return Ok(());
        }
        for folder in fs_err::read_dir(&self.root)? {
            let folder = folder?;
            // A name that starts with a dot is a body that a crash cut short, here and below.
            if folder.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let target = other.root.join(folder.file_name());
            fs_err::create_dir_all(&target)?;
            for body in fs_err::read_dir(folder.path())? {
                let body = body?;
                let target = target.join(body.file_name());
                if !body.file_name().as_encoded_bytes().starts_with(b".") && !target.exists() {
                    fs_err::copy(body.path(), target)?;
                }
            }
        }
        Ok(())
    }

    /// The bodies that are stored, in the order of their digests; none where nothing was stored yet.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn stored(&self) -> Result<Vec<Stored>, BlobError> {
        let mut all = Vec::new();
        if !self.root.exists() {
            return Ok(all);
        }
        for folder in fs_err::read_dir(&self.root)? {
            let folder = folder?;
            let first = folder.file_name().to_string_lossy().into_owned();
            if first.len() != 2 || !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs_err::read_dir(folder.path())? {
                let path = file?.path();
                let Some(rest) = path.file_stem().map(|stem| stem.to_string_lossy()) else { continue };
                let digest = Digest(format!("{first}{rest}"));
                let is_delta = path == delta::path(&path);
                let whole = self.path(&digest);
                if whole.is_ok_and(|whole| path == whole || (is_delta && path == delta::path(&whole))) {
                    let like = if is_delta { Some(delta::like(&path)?) } else { None };
                    all.push(Stored { digest, path, like });
                }
            }
        }
        all.sort_by(|a, b| (&a.digest.0, &a.path).cmp(&(&b.digest.0, &b.path)));
        Ok(all)
    }

    fn path(&self, digest: &Digest) -> Result<PathBuf, BlobError> {
        let hex = &digest.0;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BlobError::NotADigest(hex.clone()));
        }
        Ok(self.root.join(&hex[..2]).join(format!("{}.zst", &hex[2..])))
    }

    /// Where the store is.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// The result of writing a part, which is removed if that failed.
fn finished<T>(part: &Path, write: impl FnOnce() -> Result<T, BlobError>) -> Result<T, BlobError> {
    write().inspect_err(|_| drop(fs_err::remove_file(part)))
}

/// Hashes what it writes.
struct Hashing<W> {
    hash: Sha256,
    to: W,
}

impl<W: std::io::Write> std::io::Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

/// What a reader gives, if it is the body of that digest and no longer than it may be.
fn read_at_most(
    reader: impl std::io::Read,
    path: PathBuf,
    digest: &Digest,
    limit: u64,
) -> Result<Vec<u8>, BlobError> {
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(reader, limit + 1), &mut body)?;
    if body.len() as u64 > limit {
        return Err(BlobError::TooLarge { path, limit });
    }
    if sha256_hex(&body) == digest.0 { Ok(body) } else { Err(BlobError::Damaged { path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_and_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::new(folder.path().join("blobs"));
        let digest = store.put(b"body").unwrap();
        assert_eq!(store.put(b"body").unwrap(), digest);
        assert_eq!(store.get(&digest).unwrap(), b"body");
        assert_eq!(store.get_at_most(&digest, 4).unwrap(), b"body");
        assert!(matches!(store.get_at_most(&digest, 3), Err(BlobError::TooLarge { limit: 3, .. })));
        let file = folder.path().join("file");
        fs_err::write(&file, b"body").unwrap();
        assert_eq!(store.put_file(&file).unwrap(), digest);
        store.get_to_file(&digest, &mut fs_err::File::create(&file).unwrap().into_file()).unwrap();
        assert_eq!(fs_err::read(&file).unwrap(), b"body");

        // What a crash left, in either place, is not taken along.
        let other = tempfile::tempdir().unwrap();
        fs_err::write(store.root().join(".cut"), b"half").unwrap();
        fs_err::write(store.path(&digest).unwrap().with_file_name(".cut"), b"half").unwrap();
        let copy = BlobStore::new(other.path());
        store.copy_to(&copy).unwrap();
        assert_eq!(copy.get(&digest).unwrap(), b"body");
        assert!(!other.path().join(".cut").exists());
        // And what cannot be written leaves nothing.
        assert!(copy.put_file(&folder.path().join("none")).is_err());
        assert_eq!(fs_err::read_dir(other.path()).unwrap().count(), 1);
        fs_err::write(store.path(&digest).unwrap(), zstd::encode_all(&b"other"[..], 3).unwrap()).unwrap();
        assert!(matches!(store.get(&digest), Err(BlobError::Damaged { .. })));
        assert!(matches!(store.get(&Digest("../../x".into())), Err(BlobError::NotADigest(_))));
    }
}
