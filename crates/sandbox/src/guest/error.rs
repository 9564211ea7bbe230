//! What can go wrong between host and guest.

use std::{io, path::PathBuf};

use thiserror::Error;
use wire::{Failure, Incomplete, Limit, Reply};

/// Why the guest did not do what it was asked.
#[derive(Debug, Error)]
pub enum GuestError {
    /// The stream to the guest ended or was damaged. Every call that waits ends so, and every later one.
    #[error("the stream to the guest is lost: {0}")]
    Lost(String),
    /// The container's system refused.
    #[error("the guest could not {what}: {source}")]
    System {
        /// What was tried, on what.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The request breaks a rule of the guest's.
    #[error("the guest refused: {0}")]
    Refused(String),
    /// The collection is not complete, and must not be graded.
    #[error("the collection is not complete: {}", reason(.0))]
    Incomplete(Incomplete),
    /// A file on the host, to or from which a tree was moved, failed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl GuestError {
    /// An answer to another question: the guest is not ours.
    pub(super) fn unexpected(reply: &Reply) -> GuestError {
        let mut text = format!("{reply:?}");
        text.truncate(text.floor_char_boundary(60));
        GuestError::Lost(format!("an answer to another question: {text}"))
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> GuestError {
        let path = path.into();
        move |source| GuestError::File { path, source }
    }
}

impl From<Failure> for GuestError {
    fn from(failure: Failure) -> GuestError {
        match failure {
            Failure::System { what, errno } => {
                GuestError::System { what, source: io::Error::from_raw_os_error(errno) }
            }
            Failure::Refused(why) => GuestError::Refused(why),
            Failure::Incomplete(incomplete) => GuestError::Incomplete(incomplete),
        }
    }
}

fn reason(incomplete: &Incomplete) -> String {
    match incomplete {
        Incomplete::Limit { limit, path } => {
            let limit = match limit {
                Limit::Entries => "the limit on entries",
                Limit::Bytes => "the limit on bytes in all",
                Limit::FileBytes => "the limit on bytes of one file",
                Limit::Depth => "the limit on depth",
            };
            format!("{limit} is reached at `{}`", path.escape_ascii())
        }
        Incomplete::Unreadable { path, errno: 0 } => {
            format!("`{}` became shorter while it was read", path.escape_ascii())
        }
        Incomplete::Unreadable { path, errno } => {
            format!("`{}` cannot be read: {}", path.escape_ascii(), io::Error::from_raw_os_error(*errno))
        }
    }
}
