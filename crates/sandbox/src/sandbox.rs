//! What the rest of the program sees of a container.

use async_trait::async_trait;

use crate::{error::EngineError, start::GivenLimits};

/// A running container with a guest. Dropped, it is removed in the background as far as that is possible.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// The engine's id of the container.
    fn id(&self) -> &str;

    /// The limits as given to the engine.
    fn limits(&self) -> GivenLimits;

    /// What the engine says of the container.
    ///
    /// # Errors
    /// If the engine does not answer, or the container is gone.
    async fn state(&self) -> Result<State, EngineError>;

    /// Ends and removes the container with its volumes.
    ///
    /// # Errors
    /// If the engine cannot; the reaper finds what is left.
    async fn remove(self: Box<Self>) -> Result<(), EngineError>;
}

/// A container as the engine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It has ended.
    Ended {
        /// Exit code of the guest.
        code: i64,
        /// Whether the kernel killed a process of it for memory.
        oom_killed: bool,
        /// What the engine, or the guest on standard error, said about it; may be empty.
        reason: String,
    },
}
