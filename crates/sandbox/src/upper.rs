//! A container's writable layer, read where the engine keeps it: what differs from the image, at the cost of what
//! differs. The engine's own answer compares whole trees, which takes longer than starting the container did.

use std::{
    collections::HashSet,
    fs::File,
    io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use crate::changes::{Change, Changes};

/// Paths looked at: an agent can make as many as it likes.
const MOST: usize = 200_000;

/// The layers of a container on an overlay file system, as the engine names them.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    /// What the container wrote.
    pub(crate) upper: PathBuf,
    /// What its image brought, the uppermost first.
    pub(crate) lower: Vec<PathBuf>,
}

/// What the upper layer changes. Blocking.
///
/// # Errors
/// If it cannot be read, as by anybody but root.
pub(crate) fn changes(layers: &Layers) -> io::Result<Changes> {
    // An error below is a file that went away; this one would be an empty answer.
    fs_err::read_dir(&layers.upper)?;
    let lower: Vec<File> = layers.lower.iter().filter_map(|path| File::open(path).ok()).collect();
    let mut found = Changes { listed: Vec::new(), complete: true };
    let mut walk = walkdir::WalkDir::new(&layers.upper).min_depth(1).same_file_system(true).into_iter();
    for entry in walk.by_ref().take(MOST).flatten() {
        let (Ok(below), Ok(metadata)) = (entry.path().strip_prefix(&layers.upper), entry.metadata()) else {
            continue;
        };
        let path = Path::new("/").join(below).to_string_lossy().into_owned();
        found.listed.push(if is_whiteout(&metadata) {
            Change::deleted(path)
        } else if is_in(&lower, below) {
            Change::changed(path)
        } else {
            Change::added(path)
        });
    }
    found.complete = walk.next().is_none();
    Ok(found)
}

/// Bytes of disk that the upper layer takes, as far as `MOST` entries tell. Blocking.
///
/// # Errors
/// If it cannot be read, as by anybody but root.
pub(crate) fn written(layers: &Layers) -> io::Result<u64> {
    fs_err::read_dir(&layers.upper)?;
    let mut linked = HashSet::new();
    let walk = walkdir::WalkDir::new(&layers.upper).same_file_system(true).into_iter();
    let files = walk.take(MOST).flatten().filter_map(|entry| entry.metadata().ok());
    // A file with several names takes its room once.
    let counted =
        files.filter(|file| file.is_dir() || file.nlink() < 2 || linked.insert((file.dev(), file.ino())));
    Ok(counted.map(|file| file.blocks() * 512).sum())
}

/// How an overlay says that something below is gone.
fn is_whiteout(metadata: &std::fs::Metadata) -> bool {
    metadata.file_type().is_char_device() && metadata.rdev() == 0
}

/// Whether the image holds a path: the uppermost layer that knows it says so. No link is followed on the way.
fn is_in(lower: &[File], path: &Path) -> bool {
    let look = |layer: &File| -> Option<std::fs::Metadata> {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        File::from(openat2(layer, path, flags, Mode::empty(), how).ok()?).metadata().ok()
    };
    lower.iter().find_map(look).is_some_and(|metadata| !is_whiteout(&metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let layers = Layers { upper: at("up"), lower: vec![at("high"), at("low")] };
        let found = changes(&layers).unwrap();
        let mut lines: Vec<String> =
            found.listed.iter().map(|change| format!("{}{}", change.sign(), change.path)).collect();
        lines.sort();
        let told =
            ["+/conf/passwd", "+/new", "+/new/b", "~/conf", "~/etc", "~/etc/passwd", "~/srv", "~/srv/a"];
        assert_eq!(lines, told);
        assert!(found.complete);
        let before = written(&layers).unwrap();
        fs_err::write(at("up/srv/big"), vec![1; 1 << 20]).unwrap();
        fs_err::hard_link(at("up/srv/big"), at("up/srv/again")).unwrap();
        let grown = written(&layers).unwrap() - before;
        assert!((1 << 20..1 << 21).contains(&grown), "{grown}");
        assert!(changes(&Layers { upper: at("none"), lower: Vec::new() }).is_err());
    }
}
