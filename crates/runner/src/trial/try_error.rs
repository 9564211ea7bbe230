//! Why a try went no further.

use crate::{journal::JournalError, no_verdict::NoVerdict};

/// Why a try went no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TryError {
    /// The ledger cannot be written: the run goes no further either.
    #[error(transparent)]
    Ledger(#[from] JournalError),
    /// The try has an outcome all the same, and no verdict.
    #[error(transparent)]
    NoVerdict(#[from] NoVerdict),
}
