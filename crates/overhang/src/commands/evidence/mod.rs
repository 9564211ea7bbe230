//! `overhang card`, `sign`, `verify`, `bundle` and `open`: what a run proves to people who were not there.

mod bundle;
mod card;
mod open;
mod sign;
mod verify;

use std::{
    fs::Permissions,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

pub(crate) use bundle::bundle;
pub(crate) use card::card;
pub(crate) use open::open;
pub(crate) use sign::sign;
#[cfg(test)]
pub(crate) use verify::Verified;
pub(crate) use verify::verify;

use crate::failure::Failure;

/// A file's bytes, or an error that names it.
fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    fs_err::read(path).map_err(Failure::input)
}

/// An error that begins with the file it is about.
fn at(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

/// Whether two paths lead to one file that is there.
fn same_file(a: &Path, b: &Path) -> bool {
    a == b || fs_err::canonicalize(a).ok().zip(fs_err::canonicalize(b).ok()).is_some_and(|(a, b)| a == b)
}

/// Writes a file, whole or not at all, and says so.
fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(Failure::other)?;
    part.write_all(content).map_err(Failure::other)?;
    part.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(Failure::other)?;
    part.persist(path).map_err(|error| Failure::other(error.error))?;
    errln!("wrote {}", path.display());
    Ok(())
}

/// The file beside another whose name ends otherwise.
fn beside(path: &Path, from: &str, to: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{}{to}", name.strip_suffix(from).unwrap_or(&name)))
}
