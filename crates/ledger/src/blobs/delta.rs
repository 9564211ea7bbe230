//! Bodies that are much like one stored before: each request of a conversation repeats the one before it.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

use super::{BlobError, BlobStore, Digest, LEVEL, read_at_most};
use crate::chain::{hex, sha256_hex};

/// Bodies read to read one: after so many, one is stored whole again.
const LONGEST: usize = 16;

/// Largest body that another is stored by, in bytes.
const MOST: u64 = 64 << 20;

/// Length of a digest in front of a frame.
const BASE: usize = 32;

/// Where a body is stored by another.
pub(super) fn path(whole: &Path) -> PathBuf {
    whole.with_extension("delta")
}

/// The body that a file of this kind needs.
pub(super) fn like(file: &Path) -> std::io::Result<Digest> {
    let mut base = [0; BASE];
    fs_err::File::open(file)?.read_exact(&mut base)?;
    Ok(Digest(hex(&base)))
}

impl BlobStore {
    /// Stores a body that may be much like `like`, which was stored before: then only what differs takes room. One
    /// that is there already is not written again.
    ///
    /// # Errors
    /// When the file cannot be written, or `like` is no digest.
    pub fn put_like(&self, body: &[u8], like: &Digest) -> Result<Digest, BlobError> {
        let digest = Digest(sha256_hex(body));
        if self.holds(&digest)? {
            return Ok(digest);
        }
        let base = match self.chain(like)? {
            Some(chain) if chain.len() < LONGEST => self.get_at_most(like, MOST).ok(),
            _ => None,
        };
        let Some(base) = base else { return self.put(body) };
        let mut file = from_hex(&like.0).ok_or_else(|| BlobError::NotADigest(like.0.clone()))?;
        let mut encoder = zstd::stream::write::Encoder::with_ref_prefix(&mut file, LEVEL, &base)?;
        encoder.write_all(body)?;
        encoder.finish()?;
        self.write(&path(&self.path(&digest)?), &file)?;
        Ok(digest)
    }

    /// The files that must be read for a body that is stored by others, the body's own first, each with its digest,
    /// and last the body that is stored whole; `None` where one of them is missing. A whole body is a chain without
    /// files.
    fn chain(&self, digest: &Digest) -> Result<Option<Chain>, BlobError> {
        let (mut digest, mut files) = (digest.clone(), Vec::new());
        for _ in 0..=LONGEST {
            let whole = self.path(&digest)?;
            if whole.exists() {
                return Ok(Some(Chain { files, whole: digest }));
            }
            let file = path(&whole);
            let Ok(mut open) = fs_err::File::open(&file) else { return Ok(None) };
            let mut base = [0; BASE];
            open.read_exact(&mut base)?;
            files.push((file, digest));
            digest = Digest(hex(&base));
        }
        // More than we ever write.
        Ok(None)
    }

    /// A body that is stored by another.
    pub(super) fn get_delta(&self, file: &Path, digest: &Digest, limit: u64) -> Result<Vec<u8>, BlobError> {
        let damaged = |file: &Path| BlobError::Damaged { path: file.to_owned() };
        let chain = self.chain(digest)?.ok_or_else(|| damaged(file))?;
        let mut body = self.get_at_most(&chain.whole, MOST)?;
        for (place, (file, digest)) in chain.files.iter().enumerate().rev() {
            let content = fs_err::read(file)?;
            let (_, frame) = content.split_at_checked(BASE).ok_or_else(|| damaged(file))?;
            let reader = zstd::stream::read::Decoder::with_ref_prefix(frame, &body)?;
            body = read_at_most(reader, file.clone(), digest, if place == 0 { limit } else { MOST })?;
        }
        Ok(body)
    }
}

/// What a body is read from.
struct Chain {
    files: Vec<(PathBuf, Digest)>,
    whole: Digest,
}

impl Chain {
    fn len(&self) -> usize {
        self.files.len()
    }
}

fn from_hex(digest: &str) -> Option<Vec<u8>> {
    let byte = |place: usize| u8::from_str_radix(digest.get(place..place + 2)?, 16).ok();
    (0..2 * BASE).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text of the entropy of programs and their output: words of a small vocabulary, numbers, line breaks.
    fn text(random: &mut fastrand::Rng, bytes: usize) -> String {
        let mut out = String::new();
        while out.len() < bytes {
            match random.u8(0..8) {
                0 => out.push_str(&random.u32(0..100_000).to_string()),
                1 => out.push('\n'),
                _ => {
                    let word = random.u32(0..3000);
                    out.push_str(&format!(
                        "{}{word:x}",
                        ["fn_", "let ", "self.", "error: "][word as usize % 4]
                    ));
                }
            }
            out.push(' ');
        }
        out
    }

    fn size(folder: &Path) -> u64 {
        walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    }

    /// The design's bound: 1,000 trials of 100 calls of 200 kB in less than 2 GB. Trials do not share bodies, so that
    /// one of them tells.
    #[test]
    fn conversations_that_grow_take_little_room() {
        let mut random = fastrand::Rng::with_seed(7);
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::new(folder.path());
        let mut all = Vec::new();
        let (mut request, mut last): (_, Option<Digest>) = (text(&mut random, 20_000), None);
        for _ in 0..100 {
            request.push_str(&text(&mut random, 3600));
            let digest = match &last {
                Some(last) => store.put_like(request.as_bytes(), last).unwrap(),
                None => store.put(request.as_bytes()).unwrap(),
            };
            all.push((digest.clone(), request.clone()));
            last = Some(digest);
        }
        let mean = all.iter().map(|(_, request)| request.len()).sum::<usize>() / all.len();
        assert!((195_000..210_000).contains(&mean), "{mean}");
        let stored = size(folder.path());
        assert!(stored * 1000 < 2_000_000_000, "{stored} bytes for a trial");
        // At every depth of a chain, and not each of them: hashing is slow without optimisation.
        for (digest, request) in all.iter().step_by(7) {
            assert_eq!(store.get(digest).unwrap(), request.as_bytes());
        }
    }

    #[test]
    fn a_body_that_is_like_none_or_like_a_missing_one_is_stored_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::new(folder.path());
        let missing = Digest(sha256_hex(b"missing"));
        let first = store.put_like(b"first", &missing).unwrap();
        let second = store.put_like(b"second", &first).unwrap();
        assert_eq!(store.get(&second).unwrap(), b"second");
        assert_eq!(store.put(b"second").unwrap(), second);
        assert_eq!(store.get_at_most(&second, 6).unwrap(), b"second");
        assert!(matches!(store.get_at_most(&second, 5), Err(BlobError::TooLarge { .. })));
        // Without the one before it, it cannot be read, and that is said.
        fs_err::remove_file(store.path(&first).unwrap()).unwrap();
        assert!(matches!(store.get(&second), Err(BlobError::Damaged { .. })));
        assert!(matches!(store.put_like(b"x", &Digest("no".into())), Err(BlobError::NotADigest(_))));
    }
}
