//! Bundles in the place of a run's directory: unpacked once, where this user's caches are.

use std::{
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use ledger::chain::sha256_hex_of;

use crate::failure::Failure;

/// The directory with what a bundle holds.
pub(crate) fn unpacked(bundle: &Path) -> Result<PathBuf, Failure> {
    let mut file = fs_err::File::open(bundle).map_err(Failure::input)?;
    let digest = sha256_hex_of(&mut file).map_err(Failure::input)?;
    let store = sandbox::bundle_store();
    let place = store.join(digest);
    if place.is_dir() {
        return Ok(place);
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&store).map_err(Failure::other)?;
    // Whole or not at all, and whoever unpacks the same bundle meanwhile.
    let scratch = tempfile::tempdir_in(&store).map_err(Failure::other)?;
    evidence::bundle::unpack(bundle, scratch.path())
        .map_err(|error| Failure::Input(format!("{}: {error}", bundle.display())))?;
    match fs_err::rename(scratch.path(), &place) {
        Ok(()) => drop(scratch.keep()),
        Err(_) if place.is_dir() => {}
        Err(error) => return Err(Failure::other(error)),
    }
    Ok(place)
}
