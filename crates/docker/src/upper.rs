//! A container's writable layer, read where the engine keeps it: what differs from the image, at the cost of what
//! differs. The engine's own answer compares whole trees, which takes longer than starting the container did.

use std::{
    collections::HashSet,
    fs::File,
    io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2, statat},
    io::Errno,
};
use sandbox::{Change, ChangeKind, Changes, Written};

/// Paths listed: an agent can make as many as it likes.
pub(crate) const MOST: usize = 200_000;

/// Entries measured, and folders in each other. Above either a layer counts as full: what cannot be measured could
/// otherwise not be limited.
const MOST_MEASURED: usize = 500_000;
const DEEPEST: usize = 256;

/// The layers of a container on an overlay file system, as the engine names them.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    /// What the container wrote.
    pub(crate) upper: PathBuf,
    /// What its image brought, the uppermost first.
    pub(crate) lower: Vec<PathBuf>,
    /// Volumes, which lie beside them.
    pub(crate) volumes: Vec<Mounted>,
    /// Files of the engine's that the container may write.
    pub(crate) files: Vec<Mounted>,
    /// When all that was ready, and no program had run.
    pub(crate) since: SystemTime,
}

/// What the upper layer changes. Blocking.
///
/// # Errors
/// If it cannot be read, as by anybody but root.
pub(crate) fn changes(layers: &Layers) -> io::Result<Changes> {
    // An error below is a file that went away; this one would be an empty answer.
    fs_err::read_dir(&layers.upper)?;
    let lower = open_lower(layers);
    let mut found = Changes { listed: Vec::new(), complete: true };
    let mut walk = walkdir::WalkDir::new(&layers.upper).min_depth(1).same_file_system(true).into_iter();
    for entry in walk.by_ref().take(MOST) {
        let Ok(entry) = entry else {
            found.complete = false;
            continue;
        };
        let (Ok(below), Ok(metadata)) = (entry.path().strip_prefix(&layers.upper), entry.metadata()) else {
            continue;
        };
        let path = Path::new("/").join(below).to_string_lossy().into_owned();
        let kind = if is_whiteout(&metadata) {
            ChangeKind::Deleted
        } else if is_in(&lower, below) {
            ChangeKind::Changed
        } else {
            ChangeKind::Added
        };
        found.listed.push(Change { path, kind });
    }
    found.complete &= walk.next().is_none();
    Ok(found)
}

/// Something mounted into a container to be written beside its own layer.
#[derive(Clone, Debug)]
pub(crate) struct Mounted {
    /// Where it lies on this machine.
    pub(crate) source: PathBuf,
    /// Where it is mounted.
    pub(crate) at: String,
}

/// Bytes of disk that a tree takes. Blocking.
///
/// # Errors
/// If it cannot be read, as by anybody but root, or this process may open no more files.
pub(crate) fn tree(root: &Path) -> io::Result<Written> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Each folder is opened in the one above: a path from the root may be longer than the system takes.
    let top = open(root, flags, Mode::empty())?;
    let device = fstat(&top)?.st_dev;
    let mut levels = vec![Dir::new(top)?];
    let (mut found, mut looked, mut linked) = (Written { bytes: 0, whole: true }, 0, HashSet::new());
    loop {
        let depth = levels.len();
        let Some(folder) = levels.last_mut() else { return Ok(found) };
        let Some(entry) = folder.read() else {
            levels.pop();
            continue;
        };
        let entry = entry?;
        if matches!(entry.file_name().to_bytes(), b"." | b"..") {
            continue;
        }
        looked += 1;
        if looked > MOST_MEASURED {
            return Ok(Written { whole: false, ..found });
        }
        let folder = folder.fd()?;
        let stat = match statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if stat.st_dev == device => stat,
            // A mount, or gone since.
            Ok(_) | Err(Errno::NOENT) => continue,
            Err(errno) => return Err(errno.into()),
        };
        let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        // A file with several names takes its room once.
        if is_folder || stat.st_nlink < 2 || linked.insert(stat.st_ino) {
            found.bytes += stat.st_blocks.unsigned_abs() * 512;
        }
        if !is_folder {
            continue;
        }
        if depth >= DEEPEST {
            found.whole = false;
            continue;
        }
        match openat(folder, entry.file_name(), flags, Mode::empty()) {
            Ok(below) => levels.push(Dir::new(below)?),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The image's layers, as far as they can be read.
pub(crate) fn open_lower(layers: &Layers) -> Vec<File> {
    layers.lower.iter().filter_map(|path| fs_err::File::open(path).ok()).map(File::from).collect()
}

/// How an overlay says that something below is gone.
fn is_whiteout(metadata: &std::fs::Metadata) -> bool {
    metadata.file_type().is_char_device() && metadata.rdev() == 0
}

/// Whether the image holds a path: the uppermost layer that knows it says so. No link is followed on the way.
pub(crate) fn is_in(lower: &[File], path: &Path) -> bool {
    let look = |layer: &File| -> Option<std::fs::Metadata> {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        File::from(openat2(layer, path, flags, Mode::empty(), how).ok()?).metadata().ok()
    };
    lower.iter().find_map(look).is_some_and(|metadata| !is_whiteout(&metadata))
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use rustix::fs::mkdirat;

    use super::*;

    fn alone(upper: PathBuf) -> Layers {
        let since = SystemTime::UNIX_EPOCH;
        Layers { upper, lower: Vec::new(), volumes: Vec::new(), files: Vec::new(), since }
    }

    #[test]
    fn each_path_of_the_upper_layer_is_added_changed_or_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let write = |path: &str| {
            fs_err::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs_err::write(at(path), "").unwrap();
        };
        for path in ["low/etc/passwd", "low/usr/keep", "high/srv/a", "up/etc/passwd", "up/srv/a", "up/new/b"]
        {
            write(path);
        }
        // A link in the image leads nowhere but to itself: what the agent put in its place is new.
        std::os::unix::fs::symlink("/etc", at("low/conf")).unwrap();
        write("up/conf/passwd");
        let layers = Layers { lower: vec![at("high"), at("low")], ..alone(at("up")) };
        let found = changes(&layers).unwrap();
        let mut lines: Vec<String> =
            found.listed.iter().map(|change| format!("{}{}", change.kind.sign(), change.path)).collect();
        lines.sort();
        let told =
            ["+/conf/passwd", "+/new", "+/new/b", "~/conf", "~/etc", "~/etc/passwd", "~/srv", "~/srv/a"];
        assert_eq!(lines, told);
        assert!(found.complete);
        let before = tree(&layers.upper).unwrap();
        fs_err::write(at("up/srv/big"), vec![1; 1 << 20]).unwrap();
        fs_err::hard_link(at("up/srv/big"), at("up/srv/again")).unwrap();
        let grown = tree(&layers.upper).unwrap().bytes - before.bytes;
        assert!(before.whole && (1 << 20..1 << 21).contains(&grown), "{grown}");
        assert!(changes(&alone(at("none"))).is_err());
    }

    /// Names so long that the path of what lies below is longer than any call takes; and folders without end.
    #[test]
    fn nothing_is_hidden_by_depth() {
        let folder = tempfile::tempdir().unwrap();
        let upper = folder.path().join("up");
        fs_err::create_dir(&upper).unwrap();
        let layers = alone(upper.clone());
        let mkdir = |at: &OwnedFd, name: &str| {
            mkdirat(at, name, Mode::from(0o755)).unwrap();
            openat(at, name, OFlags::PATH, Mode::empty()).unwrap()
        };
        let mut at = open(&upper, OFlags::PATH, Mode::empty()).unwrap();
        for _ in 0..20 {
            at = mkdir(&at, &"n".repeat(240));
        }
        let file = openat(&at, "big", OFlags::WRONLY | OFlags::CREATE, Mode::from(0o644)).unwrap();
        rustix::io::write(&file, &vec![1; 1 << 20]).unwrap();
        let found = tree(&layers.upper).unwrap();
        assert!(found.whole && found.bytes >= 1 << 20, "{found:?}");
        assert!(!changes(&layers).unwrap().complete);
        for _ in 0..DEEPEST {
            at = mkdir(&at, "d");
        }
        assert!(!tree(&layers.upper).unwrap().whole);
    }
}
