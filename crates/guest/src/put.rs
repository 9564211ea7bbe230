//! Writing what the host sends. No name below the root is followed if it is a link, and no path leaves the root.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, chmodat, chownat, fchmod, fchown,
    futimens, linkat, mkdirat, mknodat, openat, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use wire::{
    Collected, CreditError, Entry, EntryKind, Failure, FileLimits, Frame, Kind, PutMode, PutRequest,
    ReceiveWindow, Reply, Window, from_bytes,
};

use crate::remove::{empty, remove};

/// A transfer under way.
#[derive(Debug)]
pub(crate) struct Put {
    root: OwnedFd,
    limits: FileLimits,
    receive: ReceiveWindow,
    current: Option<Writing>,
    /// Their modes and times are set last: what is put inside would change them, or be refused.
    directories: Vec<Entry>,
    total: Collected,
}

#[derive(Debug)]
struct Writing {
    file: OwnedFd,
    entry: Entry,
    left: u64,
}

impl Put {
    pub(crate) fn begin(request: &PutRequest) -> Result<Put, Failure> {
        let root = Path::new(OsStr::from_bytes(&request.root));
        if !root.is_absolute() {
            return Err(Failure::Refused(format!("the root `{}` is not absolute", root.display())));
        }
        let failed = |error: std::io::Error| Failure::System {
            what: format!("prepare the root `{}`", root.display()),
            errno: error.raw_os_error().unwrap_or(0),
        };
        if request.mode == PutMode::Mirror {
            // Whoever made the root a link does not choose where it is mirrored to.
            if root.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                std::fs::remove_file(root).map_err(failed)?;
            }
        }
        std::fs::create_dir_all(root).map_err(failed)?;
        let open = |flags: OFlags| {
            openat(CWD, root, flags.difference(OFlags::NOFOLLOW), Mode::empty())
                .map_err(|errno| failed(errno.into()))
        };
        if request.mode == PutMode::Mirror {
            let readable = open(DIRECTORY.difference(OFlags::PATH))?;
            empty(&readable).map_err(|errno| failed(errno.into()))?;
        }
        let root = open(DIRECTORY)?;
        Ok(Put {
            root,
            limits: request.limits,
            receive: ReceiveWindow::new(Window::FILES),
            current: None,
            directories: Vec::new(),
            total: Collected::default(),
        })
    }

    /// Accounts for a frame; what is taken is written at once.
    pub(crate) fn arrived(&mut self, bytes: usize) -> Result<Option<[u8; 4]>, CreditError> {
        self.receive.arrived(bytes)?;
        Ok(self.receive.consumed(bytes))
    }

    /// Takes an `Entry`, `Data` or `End` frame; the answer when all is written, or when something failed.
    pub(crate) fn take(&mut self, frame: &Frame) -> Option<Reply> {
        let result = match frame.kind {
            Kind::Entry => match from_bytes(&frame.payload) {
                Ok(entry) => self.entry(entry).map(|()| false),
                Err(_) => Err(Failure::Refused("an entry that cannot be decoded".into())),
            },
            Kind::Data => self.data(&frame.payload).map(|()| false),
            _ => self.finish().map(|()| true),
        };
        match result {
            Ok(false) => None,
            Ok(true) => Some(Reply::Collected(self.total)),
            Err(failure) => Some(Reply::Failed(failure)),
        }
    }

    fn entry(&mut self, entry: Entry) -> Result<(), Failure> {
        self.check_complete()?;
        self.total.entries += 1;
        if self.total.entries > self.limits.entries {
            return Err(Failure::Refused(format!("more than {} entries", self.limits.entries)));
        }
        let names = names(&entry.path)?;
        let Some((name, folders)) = names.split_last() else {
            if entry.kind == EntryKind::Directory {
                self.directories.push(entry);
            }
            return Ok(());
        };
        if entry.kind == EntryKind::Missing {
            return self.take_away(folders, name).map_err(|errno| system("remove", &entry.path, errno));
        }
        let parent =
            self.folder(folders, true).map_err(|errno| system("make the folder of", &entry.path, errno))?;
        let name = name.to_vec();
        self.make(parent, &name, entry)
    }

    fn take_away(&self, folders: &[&[u8]], name: &[u8]) -> Result<(), Errno> {
        match self.folder(folders, false) {
            Ok(parent) => remove(&parent, name),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    fn make(&mut self, parent: OwnedFd, name: &[u8], entry: Entry) -> Result<(), Failure> {
        let path = entry.path.clone();
        let failed = |errno| system("write", &path, errno);
        match &entry.kind {
            EntryKind::Directory => {
                make_folder(&parent, name).map_err(failed)?;
                self.directories.push(entry);
                return Ok(());
            }
            EntryKind::File { size } => {
                let size = *size;
                self.total.bytes = self.total.bytes.saturating_add(size);
                if size > self.limits.file_bytes || self.total.bytes > self.limits.bytes {
                    return Err(Failure::Refused(format!("`{}` exceeds the limit of bytes", lossy(&path))));
                }
                remove(&parent, name).map_err(failed)?;
                let flags =
                    OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let file = openat(&parent, name, flags, Mode::from(0o600)).map_err(failed)?;
                self.current = Some(Writing { file, entry, left: size });
                return self.close_if_complete();
            }
            EntryKind::Symlink { target } => {
                remove(&parent, name).map_err(failed)?;
                symlinkat(target.as_slice(), &parent, name).map_err(failed)?;
            }
            EntryKind::HardLink { target } => {
                let target_names = names(target)?;
                if target_names == names(&path)? {
                    return Ok(());
                }
                let (old, folders) = target_names.split_last().ok_or_else(|| failed(Errno::INVAL))?;
                let folder = self.folder(folders, false).map_err(failed)?;
                remove(&parent, name).map_err(failed)?;
                return linkat(&folder, *old, &parent, name, AtFlags::empty()).map_err(failed);
            }
            EntryKind::Fifo => {
                remove(&parent, name).map_err(failed)?;
                mknodat(&parent, name, FileType::Fifo, Mode::from(0o600), 0).map_err(failed)?;
            }
            EntryKind::Socket | EntryKind::Device { .. } | EntryKind::Mount | EntryKind::Missing => {
                return Ok(());
            }
        }
        dress(&parent, name, &entry).map_err(failed)
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(writing) = self.current.as_mut().filter(|writing| writing.left >= bytes.len() as u64) else {
            return Err(Failure::Refused("more content than the entry states".into()));
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&writing.file, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR) => {}
                Err(errno) => return Err(system("write", &writing.entry.path, errno)),
            }
        }
        writing.left -= bytes.len() as u64;
        self.close_if_complete()
    }

    fn close_if_complete(&mut self) -> Result<(), Failure> {
        let Some(writing) = self.current.take_if(|writing| writing.left == 0) else { return Ok(()) };
        let Writing { file, entry, .. } = writing;
        dress_file(&file, &entry).map_err(|errno| system("set owner, mode or time of", &entry.path, errno))
    }

    fn check_complete(&self) -> Result<(), Failure> {
        match &self.current {
            None => Ok(()),
            Some(writing) => Err(Failure::Refused(format!(
                "`{}` lacks {} bytes",
                lossy(&writing.entry.path),
                writing.left
            ))),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.check_complete()?;
        // Children first: a folder's own mode may close the way to them.
        for entry in std::mem::take(&mut self.directories).into_iter().rev() {
            let failed = |errno| system("set owner, mode or time of", &entry.path, errno);
            let names = names(&entry.path)?;
            match names.split_last() {
                None => dress(&self.root, b".", &entry).map_err(failed)?,
                Some((name, folders)) => {
                    let folder = self.folder(folders, false).map_err(failed)?;
                    let stat = statat(&folder, *name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
                    // A later entry may have put something else in its place.
                    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                        dress(&folder, name, &entry).map_err(failed)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The folder below the root with these names, made if it is missing and `make`.
    fn folder(&self, names: &[&[u8]], make: bool) -> Result<OwnedFd, Errno> {
        let mut folder = rustix::io::fcntl_dupfd_cloexec(&self.root, 3)?;
        for name in names {
            if make {
                make_folder(&folder, name)?;
            }
            folder = openat(&folder, *name, DIRECTORY, Mode::empty())?;
        }
        Ok(folder)
    }
}

/// How folders are opened: as places only, and never through a link (the root apart, which is opened once by path).
const DIRECTORY: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The names of a path relative to the root; none for the root itself.
fn names(path: &[u8]) -> Result<Vec<&[u8]>, Failure> {
    let refused = || Failure::Refused(format!("the path `{}` leaves the root", lossy(path)));
    let names: Vec<&[u8]> =
        path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b".")).collect();
    let inside = !path.starts_with(b"/") && !names.contains(&&b".."[..]) && !path.contains(&0);
    if inside { Ok(names) } else { Err(refused()) }
}

/// Makes a folder, in place of anything else of that name.
fn make_folder(parent: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => return Ok(()),
        Ok(_) => unlinkat(parent, name, AtFlags::empty())?,
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    mkdirat(parent, name, Mode::from(0o755))
}

/// Sets owner, then mode (which a change of owner may clear), then time.
fn dress(parent: &OwnedFd, name: &[u8], entry: &Entry) -> Result<(), Errno> {
    let (uid, gid) = owner(entry);
    chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
    if !matches!(entry.kind, EntryKind::Symlink { .. }) {
        chmodat(parent, name, mode(entry), AtFlags::empty())?;
    }
    utimensat(parent, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)
}

/// As [`dress`], for a file that is open: its name may be another's by now.
fn dress_file(file: &OwnedFd, entry: &Entry) -> Result<(), Errno> {
    let (uid, gid) = owner(entry);
    fchown(file, uid, gid)?;
    fchmod(file, mode(entry))?;
    futimens(file, &times(entry))
}

fn owner(entry: &Entry) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(entry.uid)), Some(Gid::from_raw(entry.gid)))
}

fn mode(entry: &Entry) -> Mode {
    Mode::from(entry.mode & 0o7777)
}

fn times(entry: &Entry) -> Timestamps {
    let (seconds, nanos) = entry.mtime;
    let time = Timespec { tv_sec: seconds, tv_nsec: i64::from(nanos.min(999_999_999)) };
    Timestamps { last_access: time, last_modification: time }
}

fn system(what: &str, path: &[u8], errno: Errno) -> Failure {
    Failure::System { what: format!("{what} `{}`", lossy(path)), errno: errno.raw_os_error() }
}

fn lossy(path: &[u8]) -> String {
    String::from_utf8_lossy(&path[..path.len().min(200)]).into_owned()
}
