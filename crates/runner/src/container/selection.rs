//! A part of a collected archive: what lies at or below chosen roots.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use fs_err::File;
use tempfile::TempPath;

/// An archive is made of these.
const BLOCK: u64 = 512;

/// What was chosen.
pub(crate) struct Selection {
    /// Of each root, whether the archive has it.
    pub(crate) present: Vec<bool>,
    /// What lies at or below the roots, in the archive's order; `None` where that is all of it.
    pub(crate) archive: Option<TempPath>,
}

/// Chooses what lies at or below absolute `roots`, byte for byte: times and names are as they were collected. A hard link
/// needs its target among what is chosen.
///
/// # Errors
/// If the archive cannot be read, or none be written into `scratch`.
pub(crate) fn below(archive: &Path, roots: &[String], scratch: &Path) -> io::Result<Selection> {
    let roots: Vec<&Path> = roots.iter().map(|root| Path::new(root.trim_start_matches('/'))).collect();
    let mut present = vec![false; roots.len()];
    let is_below = |name: &Path| {
        let mut is_below = false;
        for (root, present) in roots.iter().zip(&mut present) {
            let inside = name.starts_with(root);
            *present |= inside;
            is_below |= inside;
        }
        is_below
    };
    let archive = of(archive, is_below, scratch)?;
    Ok(Selection { present, archive })
}

/// Chooses the entries whose path is wanted, in the same way; `None` where those are all.
///
/// # Errors
/// As [`below`].
pub(crate) fn of(
    archive: &Path,
    mut is_wanted: impl FnMut(&Path) -> bool,
    scratch: &Path,
) -> io::Result<Option<TempPath>> {
    let (mut chosen, mut is_all) = (Vec::new(), true);
    let mut begin = 0;
    for entry in tar::Archive::new(File::open(archive)?).entries_with_seek()? {
        let entry = entry?;
        // What belongs to an entry begins where the one before it ends: an extended header is no entry of its own.
        let end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
        let wanted = is_wanted(&entry.path()?);
        if wanted {
            chosen.push(begin..end);
        }
        is_all &= wanted;
        begin = end;
    }
    if is_all {
        return Ok(None);
    }
    let mut source = File::open(archive)?;
    let mut target = tempfile::Builder::new().suffix(".tar").tempfile_in(scratch)?;
    for range in chosen {
        source.seek(SeekFrom::Start(range.start))?;
        io::copy(&mut (&mut source).take(range.end - range.start), &mut target)?;
    }
    target.write_all(&[0; 2 * BLOCK as usize])?;
    Ok(Some(target.into_temp_path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_the_roots_is_kept_as_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("all.tar");
        let mut all = tar::Builder::new(File::create(&path).unwrap());
        let long = format!("out/{}", "x".repeat(120));
        for (name, text) in [("app/a", "one"), ("out/b", "two"), (&*long, "three"), ("outer/c", "four")] {
            all.append_pax_extensions([("mtime", "7.5".as_bytes())]).unwrap();
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o640);
            all.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        all.into_inner().unwrap();
        let roots = ["/out", "/never/made", "/app/a"].map(str::to_owned);
        let chosen = below(&path, &roots, scratch.path()).unwrap();
        assert_eq!(chosen.present, [true, false, true]);
        let mut found = Vec::new();
        for entry in
            tar::Archive::new(File::open(chosen.archive.as_ref().unwrap()).unwrap()).entries().unwrap()
        {
            let mut entry = entry.unwrap();
            let times = entry
                .pax_extensions()
                .unwrap()
                .unwrap()
                .filter(|one| one.as_ref().unwrap().key() == Ok("mtime"));
            assert_eq!(times.count(), 1);
            let mut text = String::new();
            let name = entry.path().unwrap().display().to_string();
            entry.read_to_string(&mut text).unwrap();
            found.push((name, text));
        }
        let wanted = [("app/a", "one"), ("out/b", "two"), (&*long, "three")];
        assert!(below(&path, &["/".to_owned()], scratch.path()).unwrap().archive.is_none());
        assert_eq!(found, wanted.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
