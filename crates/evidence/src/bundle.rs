//! A run as one file: the same bytes each time, looked through before it is written, and read without trust.
//!
//! It is a tar archive under zstd. `plan.json`, `run.json` and `ledger.jsonl` come first, then the bodies in the order
//! of their digests, each as the run stores it. `proof.json` stands in the place of the first three where one trial
//! alone is given away.

use std::{
    collections::BTreeSet,
    fs::Permissions,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use ledger::{
    BlobStore, Digest, RunDir,
    blobs::{BlobError, Stored},
    run::RunError,
};

use crate::{hex, proof::Proof, secrets::Private};

/// The files of a run, in the order in which they stand in a bundle.
const FILES: [&str; 3] = ["plan.json", "run.json", "ledger.jsonl"];

/// In a bundle of one trial: what shows that it is of its run.
pub const PROOF: &str = "proof.json";

/// How much larger what is unpacked may be than the bundle; a ledger has hardly more than a tenth of this.
const MOST_TIMES: u64 = 200;

/// What may always be unpacked, in bytes.
const ALWAYS: u64 = 64 << 20;

/// Largest body that is looked through, in bytes.
const LARGEST: u64 = 4 << 30;

/// zstd's level: bodies are compressed already, so that only the ledger gains by more.
const LEVEL: i32 = 9;

/// Which bodies a bundle has. What the ledger does not name is never in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    /// These, and those that they are stored by.
    pub wanted: BTreeSet<String>,
    /// Without these, and without those that are stored by them.
    pub left: BTreeSet<String>,
}

/// Something that must not be given away, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, or the digest of the body.
    pub place: String,
    /// What it is.
    pub what: String,
    /// Whether it stands in a body: those can be left out.
    pub in_body: bool,
}

/// What a bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Bodies in it.
    pub bodies: usize,
    /// Bodies that were wanted and are not in it: left out, or not stored.
    pub left_out: usize,
    /// Its size, in bytes.
    pub bytes: u64,
}

/// Why a bundle cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A body cannot be read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A proof has no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It holds what no bundle holds.
    #[error("`{name}` {what}: this is no bundle of a run")]
    Foreign {
        /// The entry.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It would take more room than any bundle of its size.
    #[error("what is in it takes more than {limit} bytes, which no bundle of its size does")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// A file that every bundle has is not in it.
    #[error("it lacks {0}: this is no bundle of a run")]
    Lacks(&'static str),
    /// Bytes stand behind its end.
    #[error("something stands behind its end")]
    Trailing,
}

/// Looks through everything that a bundle would hold: of the whole run, or of the trial that is proved.
///
/// # Errors
/// Where a body cannot be read.
pub fn look(
    run: &RunDir,
    proof: Option<&Proof>,
    bodies: &Bodies,
    private: &Private,
) -> Result<Vec<Finding>, BundleError> {
    let mut found = Vec::new();
    let mut look = |place: &str, in_body: bool, text: &[u8]| {
        let here = private.found_in(text).into_iter();
        found.extend(here.map(|what| Finding { place: place.to_owned(), what, in_body }));
    };
    match proof {
        Some(proof) => look(PROOF, false, &proof.bytes()?),
        None => FILES.iter().try_for_each(|name| -> io::Result<()> {
            look(name, false, &fs_err::read(run.path().join(name))?);
            Ok(())
        })?,
    }
    let blobs = run.blobs();
    for stored in chosen(&blobs, bodies)? {
        look(&stored.digest.0, true, &blobs.get_at_most(&stored.digest, LARGEST)?);
    }
    Ok(found)
}

/// The stored bodies that are chosen, none of which lacks the one that it is stored by.
fn chosen(blobs: &BlobStore, bodies: &Bodies) -> Result<Vec<Stored>, BlobError> {
    let mut all = blobs.stored()?;
    let Bodies { mut wanted, mut left } = bodies.clone();
    // A conversation of some turns is stored turn by turn: each pass goes one turn on.
    while grow(&mut wanted, all.iter().filter_map(|one| Some((&one.digest.0, &one.like.as_ref()?.0)))) {}
    while grow(&mut left, all.iter().filter_map(|one| Some((&one.like.as_ref()?.0, &one.digest.0)))) {}
    all.retain(|one| wanted.contains(&one.digest.0) && !left.contains(&one.digest.0));
    Ok(all)
}

/// Adds the second of each pair whose first is in a set; whether there was any.
fn grow<'s>(set: &mut BTreeSet<String>, pairs: impl Iterator<Item = (&'s String, &'s String)>) -> bool {
    let before = set.len();
    for (first, second) in pairs {
        if set.contains(first) {
            set.insert(second.clone());
        }
    }
    set.len() > before
}

/// The digests of all bodies that a run's ledger names.
///
/// # Errors
/// Where the ledger cannot be read.
pub fn named(run: &RunDir) -> Result<BTreeSet<String>, RunError> {
    let mut named = BTreeSet::new();
    run.each_line(|line| -> Result<(), RunError> {
        named.extend(line.event.bodies().into_iter().map(|digest| digest.0.clone()));
        Ok(())
    })?;
    Ok(named)
}

/// Writes a run's bundle. Two bundles of the same files have the same bytes.
///
/// # Errors
/// Where a file cannot be read or written; what was written then is of no use.
pub fn write(run: &RunDir, bodies: &Bodies, to: &Path) -> Result<Written, BundleError> {
    put(run, bodies, to, |archive| {
        for name in FILES {
            let path = run.path().join(name);
            let file = fs_err::File::open(&path)?;
            // A run may go on meanwhile: what it has now is in the bundle.
            let size = file.metadata()?.len();
            entry(archive, name, size, file.take(size))?;
        }
        Ok(())
    })
}

/// Writes the bundle of one trial: the proof, and the bodies that its lines name.
///
/// # Errors
/// As [`write()`].
pub fn write_trial(run: &RunDir, proof: &Proof, bodies: &Bodies, to: &Path) -> Result<Written, BundleError> {
    let text = proof.bytes()?;
    put(run, bodies, to, |archive| entry(archive, PROOF, text.len() as u64, text.as_slice()))
}

type Archive = tar::Builder<zstd::Encoder<'static, io::BufWriter<std::fs::File>>>;

fn put(
    run: &RunDir,
    bodies: &Bodies,
    to: &Path,
    first: impl FnOnce(&mut Archive) -> Result<(), BundleError>,
) -> Result<Written, BundleError> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let part = tempfile::Builder::new().prefix(".bundle-").tempfile_in(folder)?;
    let file = io::BufWriter::new(part.as_file().try_clone()?);
    let mut archive = tar::Builder::new(zstd::Encoder::new(file, LEVEL)?);
    first(&mut archive)?;
    let blobs = run.blobs();
    let chosen = chosen(&blobs, bodies)?;
    let there: BTreeSet<&str> = chosen.iter().map(|stored| stored.digest.0.as_str()).collect();
    let left_out = bodies.wanted.iter().filter(|one| !there.contains(one.as_str())).count();
    for stored in &chosen {
        let file = fs_err::File::open(&stored.path)?;
        let size = file.metadata()?.len();
        let (first, rest) = stored.digest.0.split_at(2);
        let kind = if stored.like.is_some() { "delta" } else { "zst" };
        entry(&mut archive, &format!("blobs/{first}/{rest}.{kind}"), size, file.take(size))?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.get_ref().sync_all()?;
    drop(file);
    part.as_file().set_permissions(Permissions::from_mode(0o644))?;
    part.persist(to).map_err(|error| error.error)?;
    let bytes = fs_err::metadata(to)?.len();
    Ok(Written { bodies: chosen.len(), left_out, bytes })
}

/// One file, with nothing in its header that another machine would write otherwise.
fn entry(archive: &mut Archive, name: &str, size: u64, content: impl Read) -> Result<(), BundleError> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    archive.append_data(&mut header, name, content)?;
    Ok(())
}

/// Unpacks a bundle into a folder that is there. Only what a bundle can hold is taken, and no more than one of its size can.
///
/// # Errors
/// For any other entry, for one that stands there twice or is missing, and for bytes behind the end.
pub fn unpack(bundle: &Path, into: &Path) -> Result<(), BundleError> {
    let size = fs_err::metadata(bundle)?.len();
    let limit = ALWAYS.max(size.saturating_mul(MOST_TIMES));
    let mut packed = io::BufReader::new(fs_err::File::open(bundle)?);
    let frame = zstd::Decoder::with_buffer(&mut packed)?.single_frame();
    let mut archive = tar::Archive::new(frame.take(limit + 1));
    let mut seen = BTreeSet::new();
    // Long names and further headers are entries of their own here, and refused: a bundle has none, and their size is
    // anybody's.
    for file in archive.entries()?.raw(true) {
        let mut file = file?;
        let name = String::from_utf8_lossy(&file.path_bytes()).into_owned();
        let foreign = |what| BundleError::Foreign { name: name.clone(), what };
        if file.header().entry_type() != tar::EntryType::Regular {
            return Err(foreign("is no file"));
        }
        let to = place(&name).ok_or_else(|| foreign("is not among what a bundle holds"))?;
        if !seen.insert(name.clone()) {
            return Err(foreign("stands in it twice"));
        }
        let to = into.join(to);
        if let Some(folder) = to.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let wanted = file.size();
        let written = io::copy(&mut file, &mut fs_err::File::create(&to)?)?;
        if written != wanted {
            return Err(BundleError::TooLarge { limit });
        }
    }
    let mut rest = archive.into_inner();
    // What a tar archive ends with: zeros.
    let mut block = [0; 8192];
    loop {
        let read = rest.read(&mut block)?;
        if read == 0 {
            break;
        }
        if block[..read].iter().any(|byte| *byte != 0) {
            return Err(BundleError::Trailing);
        }
    }
    if rest.limit() == 0 {
        return Err(BundleError::TooLarge { limit });
    }
    drop(rest);
    if packed.read(&mut [0])? != 0 {
        return Err(BundleError::Trailing);
    }
    if seen.contains(PROOF)
        && let Some(file) = FILES.iter().find(|file| seen.contains(**file))
    {
        let what = "stands beside a proof of one trial";
        return Err(BundleError::Foreign { name: (*file).to_owned(), what });
    }
    let wanted: &[&'static str] = if seen.contains(PROOF) { &[PROOF] } else { &FILES };
    match wanted.iter().find(|name| !seen.contains(**name)) {
        Some(name) => Err(BundleError::Lacks(name)),
        None => Ok(()),
    }
}

/// Where an entry is put, below the folder; `None` for a name that no bundle has.
fn place(name: &str) -> Option<PathBuf> {
    if FILES.contains(&name) || name == PROOF {
        return Some(PathBuf::from(name));
    }
    let (folder, file) = name.strip_prefix("blobs/")?.split_once('/')?;
    let rest = file.strip_suffix(".zst").or_else(|| file.strip_suffix(".delta"))?;
    let is_digest = folder.len() == 2 && hex::hash(&format!("{folder}{rest}")).is_some();
    is_digest.then(|| PathBuf::from(name))
}

/// The digests that a proof's lines name.
pub fn named_in(proof: &Proof) -> BTreeSet<String> {
    let events = proof.lines.iter().filter_map(|one| serde_json::from_value(one.line["event"].clone()).ok());
    events
        .flat_map(|event: ledger::Event| {
            event.bodies().into_iter().map(|Digest(hex)| hex.clone()).collect::<Vec<_>>()
        })
        .collect()
}
