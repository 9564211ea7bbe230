//! A program in a container that a person talks to.
//!
//! It is started by the engine, since the guest gives programs no terminal. Nothing that is measured runs this way.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use tokio::io::AsyncWrite;

use crate::error::EngineError;

/// A program to talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalRequest {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Environment, over that of the container.
    pub env: Vec<(String, String)>,
    /// Working directory, absolute.
    pub cwd: String,
    /// Who runs it, as written in an image.
    pub user: String,
    /// The size of its terminal; `None` for none, its output and errors in one stream.
    pub size: Option<TerminalSize>,
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Width.
    pub columns: u16,
    /// Height.
    pub rows: u16,
}

/// A program that runs, and the two ends of its streams. It is not ended when this is dropped: its container's
/// removal ends it.
pub struct Terminal {
    /// Where the program reads. Its end is the end of the program's input.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// What it writes.
    pub output: Pin<Box<dyn Stream<Item = Result<Bytes, EngineError>> + Send>>,
    /// The program, to ask about it.
    pub program: Arc<dyn TerminalProgram>,
}

/// A program started at a terminal.
#[async_trait]
pub trait TerminalProgram: Send + Sync {
    /// Tells it that its terminal has another size.
    ///
    /// # Errors
    /// If the engine refuses.
    async fn resize(&self, size: TerminalSize) -> Result<(), EngineError>;

    /// Its exit code; `None` while it runs.
    ///
    /// # Errors
    /// If the engine does not answer.
    async fn exit_code(&self) -> Result<Option<i64>, EngineError>;
}
