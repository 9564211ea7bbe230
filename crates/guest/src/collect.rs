//! Sending trees to the host, and measuring them.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use wire::{
    CollectRequest, Collected, CreditError, DiskUsage, Entry, EntryKind, Failure, FileLimits, Incomplete,
    Kind, Limit, Reply, SendWindow, Window, to_bytes,
};

use crate::outbox::Outbox;
use crate::walk::{Found, Walk};

/// Entries that one turn of a measurement looks at.
const MEASURE_TURN: usize = 512;

/// A collection under way.
#[derive(Debug)]
pub(crate) struct Collect {
    channel: u32,
    walk: Walk,
    limits: FileLimits,
    send: SendWindow,
    /// The next entry, encoded, and its content.
    pending: Option<(Vec<u8>, Option<Content>)>,
    current: Option<Content>,
    /// The first path of each file with several.
    names: HashMap<(u64, u64), Vec<u8>>,
    total: Collected,
}

#[derive(Debug)]
struct Content {
    file: OwnedFd,
    left: u64,
    path: Vec<u8>,
}

impl Collect {
    pub(crate) fn new(channel: u32, request: CollectRequest) -> Collect {
        Collect {
            channel,
            walk: Walk::new(request.roots, request.exclude, request.limits.entries),
            limits: request.limits,
            send: SendWindow::new(Window::FILES),
            pending: None,
            current: None,
            names: HashMap::new(),
            total: Collected::default(),
        }
    }

    pub(crate) fn credit(&mut self, payload: &[u8]) -> Result<(), CreditError> {
        self.send.grant(payload)
    }

    /// Whether `pump` would do something now, given room.
    pub(crate) fn can_send(&self) -> bool {
        let needed = self.pending.as_ref().map_or(1, |(entry, _)| entry.len());
        self.send.available() >= needed
    }

    /// Sends what room and credit allow, at least one frame if there is credit; the answer at the end.
    pub(crate) fn pump(&mut self, out: &mut Outbox, scratch: &mut [u8]) -> Option<Reply> {
        loop {
            match self.send_one(out, scratch) {
                Ok(Step::Sent) if out.has_room() => {}
                Ok(Step::Sent | Step::NoCredit) => return None,
                Ok(Step::End) => return Some(Reply::Collected(self.total)),
                Err(incomplete) => return Some(Reply::Failed(Failure::Incomplete(incomplete))),
            }
        }
    }

    fn send_one(&mut self, out: &mut Outbox, scratch: &mut [u8]) -> Result<Step, Incomplete> {
        if let Some(content) = self.current.as_mut().filter(|content| content.left > 0) {
            let most =
                self.send.available().min(scratch.len()).min(content.left.try_into().unwrap_or(usize::MAX));
            if most == 0 {
                return Ok(Step::NoCredit);
            }
            let bytes = match rustix::io::read(&content.file, &mut scratch[..most]) {
                Ok(0) => return Err(Incomplete::Unreadable { path: content.path.clone(), errno: 0 }),
                Ok(bytes) => bytes,
                Err(errno) => return Err(unreadable(&content.path, errno)),
            };
            content.left -= bytes as u64;
            self.send.spend(bytes);
            out.frame(self.channel, Kind::Data, &scratch[..bytes]);
            return Ok(Step::Sent);
        }
        self.current = None;
        if self.pending.is_none() {
            match self.walk.step(true) {
                None => return Ok(Step::End),
                Some(found) => self.pending = Some(self.accept(found?)?),
            }
        }
        match self.pending.take() {
            Some((entry, content)) if self.send.available() >= entry.len() => {
                self.send.spend(entry.len());
                out.frame(self.channel, Kind::Entry, &entry);
                self.current = content;
                Ok(Step::Sent)
            }
            waiting => {
                self.pending = waiting;
                Ok(Step::NoCredit)
            }
        }
    }

    /// Counts an entry against the limits, and tells a second name from a file.
    fn accept(&mut self, found: Found) -> Result<(Vec<u8>, Option<Content>), Incomplete> {
        let Found { mut entry, shared, content, .. } = found;
        self.total.entries += 1;
        // A file found twice, in two roots, is no second name of itself.
        let first =
            shared.and_then(|inode| self.names.get(&inode)).filter(|name| **name != entry.path).cloned();
        let content = match (first, content) {
            (Some(target), _) => {
                entry.kind = EntryKind::HardLink { target };
                None
            }
            (None, Some(file)) => Some(self.open(&mut entry, file)?),
            (None, None) => None,
        };
        if let Some(inode) = shared {
            self.names.entry(inode).or_insert_with(|| entry.path.clone());
        }
        Ok((to_bytes(&entry), content))
    }

    /// The size that counts is that of the file opened, which must still be a file.
    fn open(&mut self, entry: &mut Entry, file: OwnedFd) -> Result<Content, Incomplete> {
        let path = entry.path.clone();
        let stat = fstat(&file).map_err(|errno| unreadable(&path, errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(unreadable(&path, Errno::STALE));
        }
        let size = stat.st_size.unsigned_abs();
        self.total.bytes = self.total.bytes.saturating_add(size);
        if size > self.limits.file_bytes {
            return Err(Incomplete::Limit { limit: Limit::FileBytes, path });
        }
        if self.total.bytes > self.limits.bytes {
            return Err(Incomplete::Limit { limit: Limit::Bytes, path });
        }
        entry.kind = EntryKind::File { size };
        Ok(Content { file, left: size, path })
    }
}

enum Step {
    Sent,
    NoCredit,
    End,
}

fn unreadable(path: &[u8], errno: Errno) -> Incomplete {
    Incomplete::Unreadable { path: path.to_vec(), errno: errno.raw_os_error() }
}

/// A measurement under way.
#[derive(Debug)]
pub(crate) struct Measure {
    walk: Walk,
    seen: HashSet<(u64, u64)>,
    usage: DiskUsage,
}

impl Measure {
    pub(crate) fn new(roots: Vec<Vec<u8>>, entries: u64) -> Measure {
        let free = roots.first().and_then(|root| rustix::fs::statvfs(root.as_slice()).ok());
        let free = free.map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        let usage = DiskUsage { complete: true, free, ..DiskUsage::default() };
        Measure { walk: Walk::new(roots, Vec::new(), entries), seen: HashSet::new(), usage }
    }

    /// Looks at some more entries; the result at the end.
    pub(crate) fn step(&mut self) -> Option<DiskUsage> {
        for _ in 0..MEASURE_TURN {
            match self.walk.step(false) {
                None => return Some(self.usage),
                Some(Err(_)) => {
                    self.usage.complete = false;
                    return Some(self.usage);
                }
                Some(Ok(found)) => {
                    self.usage.entries += u64::from(found.entry.kind != EntryKind::Missing);
                    if found.shared.is_none_or(|inode| self.seen.insert(inode)) {
                        self.usage.bytes = self.usage.bytes.saturating_add(found.allocated);
                    }
                }
            }
        }
        None
    }
}
