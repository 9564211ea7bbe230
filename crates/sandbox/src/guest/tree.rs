//! A tree that is moved: its pieces on the way, and what came of it.

use wire::{Collected, Entry, Reply};

use super::error::GuestError;

/// A tree on its way, piece by piece.
#[derive(Debug)]
pub(super) enum Piece {
    Entry(Box<Entry>),
    Data(Vec<u8>),
}

/// A complete collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// What it held.
    pub total: Collected,
    /// SHA-256 of the archive in lower-case hexadecimal: equal for equal trees, times included.
    pub digest: String,
    /// What an archive cannot or must not hold.
    pub left_out: Vec<Leftout>,
}

/// Something that was found and is not in the archive: a device, a socket, a mount, a root that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftout {
    /// Absolute path in the container.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: wire::EntryKind,
}

/// What was moved, as the guest tells it at the end.
pub(super) fn collected(reply: Reply) -> Result<Collected, GuestError> {
    match reply {
        Reply::Collected(total) => Ok(total),
        Reply::Failed(failure) => Err(failure.into()),
        other => Err(GuestError::unexpected(&other)),
    }
}
