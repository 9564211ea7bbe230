//! What a try ends with that has no verdict of its task's tests.

use std::{fmt::Display, io::ErrorKind};

use ledger::Outcome;
use sandbox::{Cause, EngineError, guest::GuestError};

/// Input or output of a device failed.
const EIO: i32 = 5;

/// What ended a try before a verdict: an outcome and its words. Most are the infrastructure's: what an agent has
/// done to its container, so that nothing can be collected, is the agent's.
#[derive(Debug, thiserror::Error)]
#[error("{outcome}: {detail}")]
pub(crate) struct NoVerdict {
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
    /// Whether another try may fare better.
    pub(crate) retry_helps: bool,
    /// The container answered, and something in it stood in the way: after an agent has worked there, its doing.
    pub(crate) refused: bool,
    /// A disk was full, of a container in which an agent's programs ran.
    pub(crate) full_disk: bool,
}

impl NoVerdict {
    pub(crate) fn new(outcome: Outcome, detail: impl Display) -> Self {
        Self { outcome, detail: detail.to_string(), retry_helps: true, refused: false, full_disk: false }
    }

    /// Something that cannot be, unless this program is wrong.
    pub(crate) fn bug(detail: impl Display) -> Self {
        Self::new(Outcome::OrchBug, detail)
    }

    /// A task's own set-up, or its health check, failed: the task's doing, and never the engine's.
    pub(crate) fn task_setup(detail: impl Display) -> Self {
        Self::new(Outcome::TaskSetup, detail)
    }

    /// A file of this machine.
    pub(crate) fn host(error: impl Display) -> Self {
        Self::new(Outcome::HostDisk, error)
    }
}

impl From<EngineError> for NoVerdict {
    fn from(error: EngineError) -> Self {
        let outcome = match error.cause() {
            Cause::Engine => Outcome::Engine,
            Cause::ImagePull => Outcome::ImagePull,
            Cause::HostDisk => Outcome::HostDisk,
        };
        Self::new(outcome, error)
    }
}

impl From<GuestError> for NoVerdict {
    fn from(error: GuestError) -> Self {
        let refused = match &error {
            GuestError::Lost(_) | GuestError::File { .. } => false,
            GuestError::Refused(_) | GuestError::Incomplete(_) => true,
            // A full or a failing disk is the host's.
            GuestError::System { source, .. } => {
                !matches!(
                    source.kind(),
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory
                ) && source.raw_os_error() != Some(EIO)
            }
        };
        Self { refused, ..Self::new(Outcome::GuestLost, error) }
    }
}
