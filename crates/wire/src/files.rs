//! Files in and out. A tree travels as `Entry` frames, each followed by the `Data` of its content if it is a file.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One file, directory or link. Paths are bytes: a name may hold anything but `/` and zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Absolute when collected, relative to the root when put.
    #[serde(with = "serde_bytes")]
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, with set-uid, set-gid and sticky (`0o7777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Modification time: whole seconds since 1970, and nanoseconds.
    pub mtime: (i64, u32),
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// A file with this many bytes of content.
    File {
        /// Bytes that follow.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link, never followed.
    Symlink {
        /// As stored, not resolved.
        #[serde(with = "serde_bytes")]
        target: Vec<u8>,
    },
    /// Another name of a file sent before.
    HardLink {
        /// That file's path, of the same form as `path`.
        #[serde(with = "serde_bytes")]
        target: Vec<u8>,
    },
    /// A named pipe.
    Fifo,
    /// A socket; reported, never recreated.
    Socket,
    /// A device; reported, never opened, never recreated.
    Device {
        /// Block or character device.
        block: bool,
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A directory on which another file system is mounted; its content is left out.
    Mount,
    /// Nothing: collected, a root that does not exist; put, what has this path is removed.
    Missing,
}

/// Limits of a transfer; reaching one is an error, never a silent cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLimits {
    /// Entries in all.
    pub entries: u64,
    /// Bytes of content in all.
    pub bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// [`FileLimits::entries`].
    Entries,
    /// [`FileLimits::bytes`].
    Bytes,
    /// [`FileLimits::file_bytes`].
    FileBytes,
    /// Directories nested deeper than 256, or a path longer than 16 KiB.
    Depth,
}

/// Where entries are put; the host then sends them and `End`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutRequest {
    /// Absolute directory, made with its parents if missing.
    #[serde(with = "serde_bytes")]
    pub root: Vec<u8>,
    /// What happens to what is there.
    pub mode: PutMode,
    /// Limits.
    pub limits: FileLimits,
}

/// What happens to what is already below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutMode {
    /// It stays unless an entry has the same path.
    Merge,
    /// It is removed first, so that the root holds the entries and nothing else.
    Mirror,
}

/// What to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectRequest {
    /// Absolute paths of files or directories.
    pub roots: Vec<Vec<u8>>,
    /// Absolute paths left out with everything below them.
    pub exclude: Vec<Vec<u8>>,
    /// Limits.
    pub limits: FileLimits,
}

/// What a complete transfer held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Collected {
    /// Entries.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// Why a collection is not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Incomplete {
    /// A limit was reached at this path.
    Limit {
        /// Which.
        limit: Limit,
        /// Where.
        path: Vec<u8>,
    },
    /// This path could not be read.
    Unreadable {
        /// Where.
        path: Vec<u8>,
        /// The error number of the system; 0 if the file became shorter while it was read.
        errno: i32,
    },
}

impl FileLimits {
    /// No limit but what the numbers can hold.
    pub const NONE: FileLimits = FileLimits { entries: u64::MAX, bytes: u64::MAX, file_bytes: u64::MAX };
}

impl Entry {
    /// A file of root's with mode 644, or 755 if executable, dated 1970.
    pub fn file(path: impl Into<Vec<u8>>, size: u64, executable: bool) -> Entry {
        let mode = if executable { 0o755 } else { 0o644 };
        Entry { path: path.into(), kind: EntryKind::File { size }, mode, uid: 0, gid: 0, mtime: (0, 0) }
    }

    /// A directory of root's with mode 755, dated 1970.
    pub fn directory(path: impl Into<Vec<u8>>) -> Entry {
        let kind = EntryKind::Directory;
        Entry { path: path.into(), kind, mode: 0o755, uid: 0, gid: 0, mtime: (0, 0) }
    }

    /// The modification time since 1970; a time before it counts as 1970.
    pub fn modified(&self) -> Duration {
        u64::try_from(self.mtime.0).map_or(Duration::ZERO, |seconds| Duration::new(seconds, self.mtime.1))
    }
}
