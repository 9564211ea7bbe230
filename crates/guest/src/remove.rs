//! Removing what somebody hostile has made: no link is followed, and no depth takes more than a bounded number of
//! descriptors, or of the stack.

use std::collections::HashSet;
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

/// Folders held open at a time. What lies deeper is first moved up to the top.
const HELD: usize = 64;

/// Names read of a folder at a time.
const NAMES: usize = 4096;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Removes what has this name, if anything. A mount stays, and is emptied.
pub(crate) fn remove(parent: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    match unlinkat(&parent, &*name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT | Errno::BUSY) => return Ok(()),
        Err(Errno::ISDIR) => {}
        Err(errno) => return Err(errno),
    }
    let folder = openat(&parent, &*name, FOLDER, Mode::empty())?;
    empty(&folder)?;
    match unlinkat(&parent, &*name, AtFlags::REMOVEDIR) {
        Err(Errno::BUSY | Errno::NOTEMPTY) => Ok(()),
        other => other,
    }
}

/// Removes everything below a folder. Mounts stay, emptied where they can be written.
pub(crate) fn empty(folder: &OwnedFd) -> Result<(), Errno> {
    clear(folder, folder, 0, &mut 0)
}

/// Removes everything below `folder`, `depth` folders below `top`. So many of `top`'s folders were `lifted` there.
fn clear(folder: &OwnedFd, top: &OwnedFd, depth: usize, lifted: &mut u64) -> Result<(), Errno> {
    let mut kept = HashSet::new();
    loop {
        let names = names(folder, &kept)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if !remove_child(folder, &name, top, depth, lifted)? {
                kept.insert(name);
            }
        }
    }
}

/// False if the child stays: it is a mount, or holds one.
fn remove_child(
    folder: &OwnedFd,
    name: &CString,
    top: &OwnedFd,
    depth: usize,
    lifted: &mut u64,
) -> Result<bool, Errno> {
    match unlinkat(folder, &**name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(true),
        Err(Errno::BUSY) => return Ok(false),
        Err(Errno::ISDIR) => {}
        Err(errno) => return Err(errno),
    }
    let open = || openat(folder, &**name, FOLDER, Mode::empty());
    match unlinkat(folder, &**name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => return Ok(true),
        Err(Errno::BUSY) => {
            return match empty(&open()?) {
                Ok(()) | Err(Errno::ROFS) => Ok(false),
                Err(errno) => Err(errno),
            };
        }
        Err(Errno::NOTEMPTY) => {}
        Err(errno) => return Err(errno),
    }
    if depth >= HELD {
        lift(folder, name, top, lifted)?;
        return Ok(true);
    }
    clear(&open()?, top, depth + 1, lifted)?;
    match unlinkat(folder, &**name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::BUSY | Errno::NOTEMPTY) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Moves a folder up to the top, under a name that nothing has there.
fn lift(folder: &OwnedFd, name: &CString, top: &OwnedFd, lifted: &mut u64) -> Result<(), Errno> {
    loop {
        *lifted += 1;
        match renameat(folder, &**name, top, format!(".overhang-{lifted}")) {
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
            other => return other,
        }
    }
}

/// Some names in a folder that are not among those `kept`.
fn names(folder: &OwnedFd, kept: &HashSet<CString>) -> Result<Vec<CString>, Errno> {
    let mut names = Vec::new();
    for item in Dir::read_from(folder)? {
        let name = item?.file_name().to_owned();
        if !matches!(name.as_bytes(), b"." | b"..") && !kept.contains(&name) {
            names.push(name);
        }
        if names.len() >= NAMES {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mkdirat};

    use super::*;

    fn open(at: impl AsFd, name: impl rustix::path::Arg) -> OwnedFd {
        openat(at, name, FOLDER, Mode::empty()).unwrap()
    }

    #[test]
    fn no_depth_and_no_number_is_too_much_and_no_link_is_followed() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("file"), "").unwrap();
        let place = tempfile::tempdir().unwrap();
        let top = open(CWD, place.path());
        let mut at = open(CWD, place.path());
        // More than descriptors, and than recursion would bear.
        for level in 0..1_000 {
            mkdirat(&at, "deep", Mode::from(0o755)).unwrap();
            if level % 300 == 0 {
                rustix::fs::symlinkat(outside.path(), &at, "link").unwrap();
            }
            at = open(&at, "deep");
        }
        for number in 0..NAMES + 10 {
            std::fs::write(place.path().join(number.to_string()), "").unwrap();
        }
        std::fs::create_dir_all(place.path().join(".overhang-1/taken")).unwrap();
        std::fs::write(place.path().join(".overhang-2"), "").unwrap();
        empty(&top).unwrap();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
        assert!(outside.path().join("file").exists());
        let parent = open(CWD, place.path().parent().unwrap());
        let name = place.path().file_name().unwrap().as_encoded_bytes();
        remove(&parent, name).unwrap();
        assert!(!place.path().exists());
        remove(&parent, name).unwrap();
    }
}
