//! What was seen is kept under a key of all that decides it, so that the next run need not look again.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::facts::{self, Facts};

/// What was seen under this key, if it was kept.
pub(super) fn find(key: &str) -> Option<Facts> {
    facts::from_lines(&fs_err::read(place(key)).ok()?).ok()
}

/// Keeps what was seen.
pub(super) fn keep(key: &str, facts: &Facts) -> io::Result<()> {
    let place = place(key);
    let folder = place.parent().unwrap_or(&place);
    fs_err::create_dir_all(folder)?;
    // Another run may write the same: whole files only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&facts::lines(facts))?;
    file.persist(place)?;
    Ok(())
}

fn place(key: &str) -> PathBuf {
    sandbox::cache_directory().join("probes").join(key)
}
