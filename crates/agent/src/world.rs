//! What the loop reaches the world through: a model and a shell.

use std::time::Duration;

use async_trait::async_trait;
use dialect::neutral::{Request, Response};

/// Something that answers requests.
#[async_trait]
pub trait Model: Send + Sync {
    /// One answer. Retries are the model's own affair: an error is final.
    async fn answer(&self, request: Request) -> Result<Answer, ModelError>;
}

/// An answer, and what is left to answer with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the model said.
    pub response: Response,
    /// Whether this stands for "the budget is gone" and is no answer of the model's.
    pub exhausted: bool,
    /// Budget used so far, this call included, in the meter's units.
    pub used: f64,
    /// How long everything stood still while the answer was waited for, for reasons that are not the agent's: not
    /// counted against its wall time.
    pub paused: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ModelError {
    #[error("the conversation does not fit the context window")]
    ContextOverflow,
    #[error("the provider refused the request")]
    Refused,
    #[error("the budget is exhausted")]
    Exhausted,
    #[error("the answer broke off")]
    BrokenOff,
    #[error("the model call failed: {message}")]
    Failed { class: Failure, message: String },
}

/// Whose failure a failed call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The provider limits the rate (429).
    RateLimit,
    /// The provider failed (5xx).
    Server,
    /// The provider refused the key (401, 403).
    Auth,
    /// The gateway was not reached.
    Unreachable,
    /// The provider found the request invalid.
    Request,
    /// The provider answered what can not be read.
    Protocol,
}

/// Something that runs commands in the task's container.
#[async_trait]
pub trait Shell: Send + Sync {
    /// Runs `command` in a fresh `bash -c` in the working directory. After `limit` it is killed with all it started,
    /// and what it wrote until then is returned.
    async fn run(&self, command: &str, limit: Duration) -> Result<Ran, ShellError>;
}

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote, standard output and error merged.
    pub output: Output,
    /// How long it took.
    pub duration: Duration,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Killed at its time limit.
    TimedOut,
}

/// Bounded output: its two ends, and how much lay between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The first bytes.
    pub head: Vec<u8>,
    /// Bytes between head and tail that were not kept.
    pub dropped: u64,
    /// The last bytes; they follow the head directly when nothing was dropped.
    pub tail: Vec<u8>,
}

/// The shell is gone: container, guest or stream. Nothing more can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shell is lost: {0}")]
pub struct ShellError(pub String);
