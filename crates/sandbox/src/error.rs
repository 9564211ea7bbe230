//! What can go wrong with the engine, said with the way out.

use std::{io, path::PathBuf};

use thiserror::Error;

/// A failure of the engine or of what was asked of it. Messages are fragments that fit after `cannot run: `.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Nobody answers, or not us.
    #[error("no container engine answers at {host}: {reason}; {fix}")]
    Unreachable {
        /// The address tried.
        host: String,
        /// What the system said.
        reason: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// An engine, or a way to reach it, that would give wrong measurements.
    #[error("this container engine is not supported: {reason}; {fix}")]
    Refused {
        /// Why.
        reason: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// The engine refused a call.
    #[error("the engine could not {what}: {reason}")]
    Call {
        /// What was asked.
        what: String,
        /// HTTP status of the answer; `None` when the answer itself broke.
        status: Option<u16>,
        /// What the engine said.
        reason: String,
    },
    /// The connection to the engine, or the container's stream, is gone.
    #[error("lost {what}: {reason}")]
    Lost {
        /// What was lost.
        what: String,
        /// How it was noticed.
        reason: String,
    },
    /// An image is neither here nor to be had.
    #[error("image `{image}` is not on this machine and cannot be pulled: {reason}")]
    Pull {
        /// The image's name.
        image: String,
        /// What the engine said.
        reason: String,
    },
    /// An image could not be built.
    #[error("cannot build the image of {path}: {reason}\n{tail}\nfull log: {log}")]
    Build {
        /// The build context.
        path: PathBuf,
        /// What the engine said.
        reason: String,
        /// Last lines of the build's output.
        tail: String,
        /// File with the whole output.
        log: PathBuf,
    },
    /// A build context that cannot be sent.
    #[error("build context {path}: {reason}")]
    Context {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk that holds images and containers is full.
    #[error("no space left for {what}: {reason}; free some, e.g. with `docker system prune`")]
    HostDisk {
        /// What needed it.
        what: String,
        /// What was said or measured.
        reason: String,
    },
    /// A file of this machine.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Which outcome a failure is: the names are outcome codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `DOCKER`
    Docker,
    /// `IMAGE_PULL`
    ImagePull,
    /// `HOST_DISK`
    HostDisk,
}

impl EngineError {
    /// The outcome a trial gets that fails of this.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Pull { .. } => Cause::ImagePull,
            Self::HostDisk { .. } => Cause::HostDisk,
            Self::Io(error) if error.kind() == io::ErrorKind::StorageFull => Cause::HostDisk,
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Call { .. }
            | Self::Lost { .. }
            | Self::Build { .. }
            | Self::Context { .. }
            | Self::Io(_) => Cause::Docker,
        }
    }

    /// Whether the same call may succeed a moment later: an overloaded or restarting engine.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Call { status, .. } => status.is_none_or(|status| status >= 500),
            _ => false,
        }
    }

    /// Whether the engine said that the object does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Call { status: Some(404), .. })
    }
}

/// Names a failed call: `.map_err(failed("create a container"))`.
pub(crate) fn failed(what: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> EngineError {
    use bollard::errors::Error;
    let what = what.into();
    move |error| match error {
        Error::DockerResponseServerError { message, .. } | Error::DockerStreamError { error: message }
            if message.contains("no space left on device") =>
        {
            EngineError::HostDisk { what, reason: message }
        }
        Error::DockerResponseServerError { status_code, message } => {
            EngineError::Call { what, status: Some(status_code), reason: message }
        }
        Error::RequestTimeoutError => EngineError::Lost {
            what: format!("the engine's answer to {what}"),
            reason: "it took too long".into(),
        },
        Error::IOError { .. } | Error::HyperResponseError { .. } | Error::HyperLegacyError { .. } => {
            EngineError::Lost { what: format!("the engine on asking it to {what}"), reason: chain(&error) }
        }
        _ => EngineError::Call { what, status: None, reason: chain(&error) },
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
