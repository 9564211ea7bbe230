//! A program in a container that a person talks to: the engine's own exec.

use std::sync::Arc;

use async_trait::async_trait;
use bollard::{
    container::LogOutput,
    exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults},
};
use futures_util::StreamExt;
use sandbox::{EngineError, Terminal, TerminalProgram, TerminalRequest, TerminalSize};

use crate::{engine::DockerEngine, error::failed};

/// A program started at a terminal.
struct Program {
    engine: DockerEngine,
    id: String,
}

/// Starts a program in a container.
pub(crate) async fn start(
    engine: &DockerEngine,
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
    let created = engine.docker.create_exec(container, options).await;
    let id = created.map_err(failed("make a program"))?.id;
    let start = StartExecOptions { detach: false, tty, output_capacity: None };
    let started = engine.docker.start_exec(&id, Some(start)).await.map_err(failed("start a program"))?;
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
    let program = Program { engine: engine.clone(), id };
    if let Some(size) = request.size {
        program.resize(size).await?;
    }
    Ok(Terminal { input, output: Box::pin(output), program: Arc::new(program) })
}

#[async_trait]
impl TerminalProgram for Program {
    async fn resize(&self, size: TerminalSize) -> Result<(), EngineError> {
        let options = ResizeExecOptions { height: size.rows, width: size.columns };
        self.engine.docker.resize_exec(&self.id, options).await.map_err(failed("resize a terminal"))
    }

    async fn exit_code(&self) -> Result<Option<i64>, EngineError> {
        let inspected = self.engine.docker.inspect_exec(&self.id).await;
        Ok(inspected.map_err(failed("inspect a program"))?.exit_code)
    }
}
