//! Free space of this machine.

use std::{io, path::Path};

/// Bytes an unprivileged process may still write to the file system of `path`.
///
/// # Errors
/// If the path does not exist or cannot be asked.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(path)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}
