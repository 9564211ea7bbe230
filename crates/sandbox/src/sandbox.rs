//! What the rest of the program sees of a container.

use async_trait::async_trait;

use crate::{
    changes::Changes,
    error::EngineError,
    guest::{Events, Guest, Usage},
    start::GivenLimits,
    terminal::{Terminal, TerminalRequest},
    upper::Written,
};

/// A running container with a guest. Dropped, it is removed in the background as far as that is possible.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// The engine's id of the container.
    fn id(&self) -> &str;

    /// Who does things in the container.
    fn guest(&self) -> &Guest;

    /// What the guest reports unasked; `None` from the second call on.
    fn events(&mut self) -> Option<Events>;

    /// The limits as given to the engine, and what was used of them: throttling, peak memory, kills for memory.
    ///
    /// # Errors
    /// [`EngineError::Lost`] if the guest is gone.
    async fn resources(&self) -> Result<Resources, EngineError>;

    /// Whether the kernel has killed a process of the container for memory: asked of the guest, and of the engine
    /// once the guest is gone.
    ///
    /// # Errors
    /// If neither answers.
    async fn oom_killed(&self) -> Result<bool, EngineError>;

    /// What the engine says of the container.
    ///
    /// # Errors
    /// If the engine does not answer, or the container is gone.
    async fn state(&self) -> Result<State, EngineError>;

    /// What differs in the container from its image.
    ///
    /// # Errors
    /// If the engine does not answer, or not in time.
    async fn changes(&self) -> Result<Changes, EngineError>;

    /// What the container's own layer takes on the host's disk, its volumes and mounts not among it; `None` where the
    /// engine keeps no such layer or we may not read it.
    async fn written(&self) -> Option<Written>;

    /// Starts a program for a person to talk to.
    ///
    /// # Errors
    /// If the engine refuses.
    async fn terminal(&self, request: TerminalRequest) -> Result<Terminal, EngineError>;

    /// Ends and removes the container with its volumes.
    ///
    /// # Errors
    /// If the engine cannot; the reaper finds what is left.
    async fn remove(self: Box<Self>) -> Result<(), EngineError>;
}

/// Limits and what was used of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resources {
    /// As given to the engine: harness and guest included.
    pub given: GivenLimits,
    /// As the container's cgroup has it.
    pub used: Usage,
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
