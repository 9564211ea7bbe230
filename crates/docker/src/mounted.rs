//! What is mounted into a container to be written beside its own layer: volumes, which the image or we have asked for, and
//! the files that the engine keeps for its names.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

use sandbox::{Change, ChangeKind, Changes, Written};

use crate::upper::{Layers, MOST, Mounted, is_in, open_lower, tree};

/// Bytes of disk that a container's layer takes, and what is mounted there to be written. Blocking.
///
/// # Errors
/// As of [`tree`].
pub(crate) fn written(layers: &Layers) -> io::Result<Written> {
    let mut found = tree(&layers.upper)?;
    for volume in &layers.volumes {
        let more = tree(&volume.source)?;
        found = Written { bytes: found.bytes + more.bytes, whole: found.whole && more.whole };
    }
    found.bytes += bytes(&layers.files);
    Ok(found)
}

/// What differs in them from the image: a volume begins as a copy of what the image has there. Blocking.
///
/// # Errors
/// If a volume cannot be read, as by anybody but root.
pub(crate) fn changes(layers: &Layers) -> io::Result<Changes> {
    let mut found = Changes { listed: Vec::new(), complete: true };
    for volume in &layers.volumes {
        of_volume(layers, volume, &mut found)?;
    }
    for file in &layers.files {
        if fs_err::metadata(&file.source).is_ok_and(|metadata| is_touched(&metadata, layers.since)) {
            found.listed.push(Change { path: file.at.clone(), kind: ChangeKind::Changed });
        }
    }
    Ok(found)
}

fn of_volume(layers: &Layers, volume: &Mounted, found: &mut Changes) -> io::Result<()> {
    // An error below is a file that went away.
    fs_err::read_dir(&volume.source)?;
    let lower = open_lower(layers);
    let inside = volume.at.trim_start_matches('/');
    let mut list = |root: &Path, kind_of: &dyn Fn(&Path, &Metadata) -> Option<ChangeKind>| {
        let walk = walkdir::WalkDir::new(root).min_depth(1).same_file_system(true);
        for (looked, entry) in walk.into_iter().enumerate() {
            if looked >= MOST || found.listed.len() >= MOST {
                found.complete = false;
                return;
            }
            let Ok(entry) = entry else {
                found.complete = false;
                continue;
            };
            let (Ok(below), Ok(metadata)) = (entry.path().strip_prefix(root), entry.metadata()) else {
                continue;
            };
            if let Some(kind) = kind_of(below, &metadata) {
                let path = Path::new(&volume.at).join(below).to_string_lossy().into_owned();
                found.listed.push(Change { path, kind });
            }
        }
    };
    list(&volume.source, &|below, metadata| match is_in(&lower, &Path::new(inside).join(below)) {
        false => Some(ChangeKind::Added),
        // A folder changes with what is in it.
        true => (!metadata.is_dir() && is_touched(metadata, layers.since)).then_some(ChangeKind::Changed),
    });
    for layer in &layers.lower {
        let root = layer.join(inside);
        // A link in the image leads out of its layer.
        if fs_err::symlink_metadata(&root).is_ok_and(|metadata| metadata.is_dir()) {
            list(&root, &|below, _| {
                let is_gone = fs_err::symlink_metadata(volume.source.join(below)).is_err();
                (is_gone && is_in(&lower, &Path::new(inside).join(below))).then_some(ChangeKind::Deleted)
            });
        }
    }
    Ok(())
}

/// Whether a file was written, or what is known of it changed, after a time. No program can set that back.
fn is_touched(metadata: &Metadata, since: SystemTime) -> bool {
    let changed =
        Duration::new(metadata.ctime().unsigned_abs(), u32::try_from(metadata.ctime_nsec()).unwrap_or(0));
    SystemTime::UNIX_EPOCH + changed > since
}

/// Bytes of disk that files take.
fn bytes(files: &[Mounted]) -> u64 {
    files
        .iter()
        .filter_map(|file| fs_err::metadata(&file.source).ok())
        .map(|metadata| metadata.blocks() * 512)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_compared_with_what_the_image_has_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let write = |path: &str| {
            fs_err::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs_err::write(at(path), path).unwrap();
        };
        for path in
            ["low/data/kept", "low/data/gone", "low/data/sub/changed", "volume/kept", "volume/sub/changed"]
        {
            write(path);
        }
        for path in ["up/x", "hosts", "resolv.conf"] {
            write(path);
        }
        // The clock of file systems goes in steps of some milliseconds.
        let step = Duration::from_millis(50);
        std::thread::sleep(step);
        let since = SystemTime::now();
        std::thread::sleep(step);
        for path in ["volume/sub/changed", "volume/new/file", "hosts"] {
            write(path);
        }
        let mounted = |source: &str, to: &str| Mounted { source: at(source), at: to.into() };
        let layers = Layers {
            upper: at("up"),
            lower: vec![at("low")],
            volumes: vec![mounted("volume", "/data")],
            files: vec![mounted("hosts", "/etc/hosts"), mounted("resolv.conf", "/etc/resolv.conf")],
            since,
        };
        let found = changes(&layers).unwrap();
        let mut lines: Vec<String> =
            found.listed.iter().map(|change| format!("{}{}", change.kind.sign(), change.path)).collect();
        lines.sort();
        assert_eq!(
            lines,
            ["+/data/new", "+/data/new/file", "-/data/gone", "~/data/sub/changed", "~/etc/hosts"]
        );
        assert!(found.complete);
        assert!(written(&layers).unwrap().bytes > tree(&layers.upper).unwrap().bytes);
    }
}
