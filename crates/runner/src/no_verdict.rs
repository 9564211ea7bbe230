//! What a try ends with that has no verdict of its task's tests.

use std::{fmt::Display, io::ErrorKind};

use ledger::Outcome;
use sandbox::{Cause, EngineError, guest::GuestError};

use crate::grading::rewards::OutOfBounds;

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
    /// What was met in the container.
    pub(crate) met: Met,
    /// What the tests wrote last, with which `detail` ends.
    pub(crate) said: String,
}

/// What was met in the container, and whose doing that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// Nothing that is known of.
    Nothing,
    /// It answered, and something in it stood in the way: after an agent has worked there, its doing.
    Refused,
    /// Its disk was full of what an agent's programs wrote.
    FullDisk,
    /// The kernel ended it for its memory.
    OutOfMemory,
    /// Its guest fell silent or died by itself, while the engine answered and nobody ended the container from outside.
    LostGuest,
}

impl NoVerdict {
    pub(crate) fn new(outcome: Outcome, detail: impl Display) -> Self {
        Self {
            outcome,
            detail: detail.to_string(),
            retry_helps: true,
            met: Met::Nothing,
            said: String::new(),
        }
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

impl From<OutOfBounds> for NoVerdict {
    fn from(wrong: OutOfBounds) -> Self {
        Self::new(Outcome::VerifierCrash, wrong)
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
        let met = match &error {
            GuestError::File { .. } => return Self::host(error),
            GuestError::Lost(_) => Met::Nothing,
            GuestError::Refused(_) | GuestError::Incomplete(_) => Met::Refused,
            // A full or a failing disk is the host's.
            GuestError::System { source, .. } => {
                let is_hosts = matches!(
                    source.kind(),
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory
                ) || source.raw_os_error() == Some(EIO);
                if is_hosts { Met::Nothing } else { Met::Refused }
            }
        };
        Self { met, ..Self::new(Outcome::GuestLost, error) }
    }
}
