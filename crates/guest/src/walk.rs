//! Walking a tree that somebody hostile has made: nothing is followed, no name is resolved twice, depth is bounded.

use std::collections::{HashSet, VecDeque};
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::io::Errno;
use wire::{Entry, EntryKind, Incomplete, Limit};

const MAX_DEPTH: usize = 256;
const MAX_PATH: usize = 16 * 1024;

/// The walk, depth first, names in byte order, a directory before what it holds.
#[derive(Debug)]
pub(crate) struct Walk {
    roots: VecDeque<Vec<u8>>,
    exclude: HashSet<Vec<u8>>,
    levels: Vec<Level>,
    entries_left: u64,
}

#[derive(Debug)]
struct Level {
    directory: OwnedFd,
    path: Vec<u8>,
    /// Of the root: a directory with another one is a mount.
    device: u64,
    names: std::vec::IntoIter<CString>,
}

/// Something found. If it is a file, it lies in `parent` under `name` until the next step.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    /// Device and number of the inode, if it has more names than this.
    pub(crate) shared: Option<(u64, u64)>,
    /// Bytes allocated.
    pub(crate) allocated: u64,
    /// Content, if asked for and a file.
    pub(crate) content: Option<OwnedFd>,
}

impl Walk {
    /// Over absolute `roots`, of at most `entries` entries. What lies below two of them is found twice.
    pub(crate) fn new(roots: Vec<Vec<u8>>, exclude: Vec<Vec<u8>>, entries: u64) -> Walk {
        Walk {
            roots: roots.into_iter().map(trimmed).collect(),
            exclude: exclude.into_iter().map(trimmed).collect(),
            levels: Vec::new(),
            entries_left: entries,
        }
    }

    /// The next entry, its content opened if `open`; `None` at the end. After an error only the end is of use.
    pub(crate) fn step(&mut self, open: bool) -> Option<Result<Found, Incomplete>> {
        loop {
            let Some(level) = self.levels.last_mut() else {
                let root = self.roots.pop_front()?;
                if self.exclude.contains(&root) {
                    continue;
                }
                return Some(self.visit_root(root, open));
            };
            let Some(name) = level.names.next() else {
                self.levels.pop();
                continue;
            };
            let path = joined(&level.path, name.as_bytes());
            if self.exclude.contains(&path) {
                continue;
            }
            let stat = match statat(&level.directory, &*name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                // Gone since the directory was read: it is not part of the tree.
                Err(Errno::NOENT) => continue,
                Err(errno) => return Some(Err(unreadable(path, errno))),
            };
            // Moved out and in again: one level is popped and pushed while its child is visited.
            let level = self.levels.pop()?;
            let visited = self.visit(&level.directory, &name, path, &stat, Some(level.device), open);
            return Some(visited.map(|(found, child)| {
                self.levels.push(level);
                self.levels.extend(child);
                found
            }));
        }
    }

    fn visit_root(&mut self, root: Vec<u8>, open: bool) -> Result<Found, Incomplete> {
        let (folder, name) = match root.iter().rposition(|&byte| byte == b'/') {
            Some(at) if root.len() > 1 => (&root[..at.max(1)], &root[at + 1..]),
            _ => (&b"/"[..], &b"."[..]),
        };
        let missing = || {
            let kind = EntryKind::Missing;
            let entry = Entry { path: root.clone(), kind, mode: 0, uid: 0, gid: 0, mtime: (0, 0) };
            Found { entry, shared: None, allocated: 0, content: None }
        };
        let name = CString::new(name).map_err(|_| unreadable(root.clone(), Errno::INVAL))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = match openat(CWD, folder, flags, Mode::empty()) {
            Ok(parent) => parent,
            // Links that lead in circles, as names that are too long, lead nowhere.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG) => return Ok(missing()),
            Err(errno) => return Err(unreadable(root, errno)),
        };
        let stat = match statat(&parent, &*name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(missing()),
            Err(errno) => return Err(unreadable(root, errno)),
        };
        let (found, child) = self.visit(&parent, &name, root, &stat, None, open)?;
        self.levels.extend(child);
        Ok(found)
    }

    /// What `name` in `parent` is, and the level below it if it is a directory to be walked.
    fn visit(
        &mut self,
        parent: &OwnedFd,
        name: &CStr,
        path: Vec<u8>,
        stat: &Stat,
        device: Option<u64>,
        open: bool,
    ) -> Result<(Found, Option<Level>), Incomplete> {
        if self.levels.len() >= MAX_DEPTH || path.len() > MAX_PATH {
            return Err(Incomplete::Limit { limit: Limit::Depth, path });
        }
        let Some(left) = self.entries_left.checked_sub(1) else {
            return Err(Incomplete::Limit { limit: Limit::Entries, path });
        };
        self.entries_left = left;
        let file_type = FileType::from_raw_mode(stat.st_mode);
        let fail = |errno| unreadable(path.clone(), errno);
        let (mut content, mut child) = (None, None);
        let kind = match file_type {
            FileType::RegularFile => {
                if open {
                    let flags = OFlags::RDONLY
                        | OFlags::NOFOLLOW
                        | OFlags::NONBLOCK
                        | OFlags::NOCTTY
                        | OFlags::CLOEXEC;
                    content = Some(openat(parent, name, flags, Mode::empty()).map_err(fail)?);
                }
                EntryKind::File { size: stat.st_size.unsigned_abs() }
            }
            FileType::Directory if device.is_some_and(|device| device != stat.st_dev) => EntryKind::Mount,
            FileType::Directory => {
                let level = self.open_level(parent, name, &path, stat.st_dev).map_err(fail)?;
                if level.names.len() as u64 > self.entries_left {
                    return Err(Incomplete::Limit { limit: Limit::Entries, path });
                }
                child = Some(level);
                EntryKind::Directory
            }
            FileType::Symlink => {
                let target = readlinkat(parent, name, Vec::new()).map_err(fail)?;
                EntryKind::Symlink { target: target.into_bytes() }
            }
            FileType::Fifo => EntryKind::Fifo,
            FileType::Socket => EntryKind::Socket,
            FileType::BlockDevice | FileType::CharacterDevice => EntryKind::Device {
                block: file_type == FileType::BlockDevice,
                major: rustix::fs::major(stat.st_rdev),
                minor: rustix::fs::minor(stat.st_rdev),
            },
            _ => return Err(fail(Errno::INVAL)),
        };
        let shared =
            (file_type != FileType::Directory && stat.st_nlink > 1).then_some((stat.st_dev, stat.st_ino));
        let allocated = stat.st_blocks.unsigned_abs() * 512;
        let entry = Entry {
            path,
            kind,
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            mtime: (stat.st_mtime, stat.st_mtime_nsec as u32),
        };
        Ok((Found { entry, shared, allocated, content }, child))
    }

    fn open_level(&self, parent: &OwnedFd, name: &CStr, path: &[u8], device: u64) -> Result<Level, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = openat(parent, name, flags, Mode::empty())?;
        let mut names = Vec::new();
        for item in Dir::read_from(&directory)? {
            let name = item?.file_name().to_owned();
            if !matches!(name.as_bytes(), b"." | b"..") {
                names.push(name);
            }
            // One more than allowed is enough to tell; the rest need not be in memory.
            if names.len() as u64 > self.entries_left {
                break;
            }
        }
        names.sort_unstable();
        Ok(Level { directory, path: path.to_vec(), device, names: names.into_iter() })
    }
}

fn unreadable(path: Vec<u8>, errno: Errno) -> Incomplete {
    Incomplete::Unreadable { path, errno: errno.raw_os_error() }
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if folder == b"/" { b"" } else { b"/" };
    [folder, slash, name].concat()
}

/// Without the slashes at the end.
fn trimmed(mut path: Vec<u8>) -> Vec<u8> {
    while path.len() > 1 && path.last() == Some(&b'/') {
        path.pop();
    }
    path
}
