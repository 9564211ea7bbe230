//! A program in a container that a person talks to.
//!
//! It is the engine's own exec, since the guest gives programs no terminal. Nothing that is measured runs this way.

use std::pin::Pin;

use bollard::{
    container::LogOutput,
    exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWrite;

use crate::{
    engine::Engine,
    error::{EngineError, failed},
};

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
    pub size: Option<Size>,
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
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
    pub program: Program,
}

/// A program started in a container.
#[derive(Clone)]
pub struct Program {
    engine: Engine,
    id: String,
}

impl Engine {
    pub(crate) async fn terminal(
        &self,
        container: &str,
        request: TerminalRequest,
    ) -> Result<Terminal, EngineError> {
        let tty = request.size.is_some();
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(tty),
            env: Some(request.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            cmd: Some(request.argv),
            user: Some(request.user),
            working_dir: Some(request.cwd),
            ..Default::default()
        };
        let created = self.docker.create_exec(container, options).await;
        let id = created.map_err(failed("make a program"))?.id;
        let start = StartExecOptions { detach: false, tty, output_capacity: None };
        let started = self.docker.start_exec(&id, Some(start)).await.map_err(failed("start a program"))?;
        let StartExecResults::Attached { output, input } = started else {
            return Err(EngineError::Lost {
                what: "a program's streams".into(),
                reason: "the engine started it without them".into(),
            });
        };
        let output = output.map(|chunk| match chunk {
            Ok(
                LogOutput::StdOut { message }
                | LogOutput::StdErr { message }
                | LogOutput::Console { message }
                | LogOutput::StdIn { message },
            ) => Ok(message),
            Err(error) => Err(failed("carry a program's output")(error)),
        });
        let program = Program { engine: self.clone(), id };
        if let Some(size) = request.size {
            program.resize(size).await?;
        }
        Ok(Terminal { input, output: Box::pin(output), program })
    }
}

impl Program {
    /// Tells it that its terminal has another size.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn resize(&self, size: Size) -> Result<(), EngineError> {
        let options = ResizeExecOptions { height: size.rows, width: size.columns };
        self.engine.docker.resize_exec(&self.id, options).await.map_err(failed("resize a terminal"))
    }

    /// Its exit code; `None` while it runs.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn exit_code(&self) -> Result<Option<i64>, EngineError> {
        let inspected = self.engine.docker.inspect_exec(&self.id).await;
        Ok(inspected.map_err(failed("inspect a program"))?.exit_code)
    }
}
