//! A sandbox: the guest's process, from its start to its end.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use sandbox::{
    Changes, EngineError, GivenLimits, Sandbox, SandboxState, StartSpec, Terminal, TerminalRequest, Written,
    guest::{Events, Guest, GuestOptions},
    lost_guest,
};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::engine::{Entry, Registry};

/// How long a started guest may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to end what it started, before it is killed.
const ENDING: Duration = Duration::from_secs(10);
/// Bytes kept of what is said on standard error: the first.
const MOST_SAID: u64 = 4096;

/// The process; it may be ended from outside while a trial works with it.
#[derive(Debug)]
pub(crate) struct Process {
    child: tokio::sync::Mutex<Child>,
    said: Arc<Mutex<String>>,
    /// Where its root was put together. The mount there is its own; here it stays empty.
    _root: TempDir,
}

impl Process {
    /// Kills it with all it started, and waits until it is gone.
    pub(crate) async fn kill(&self) -> Result<(), EngineError> {
        Ok(self.child.lock().await.kill().await?)
    }

    fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned()
    }
}

/// A guest that answers.
struct Local {
    entry: Entry,
    guest: Guest,
    events: Option<Events>,
    given: GivenLimits,
    process: Arc<Process>,
}

/// Starts the guest and waits until it answers.
pub(crate) async fn start(
    spec: &StartSpec,
    mut command: Command,
    root: TempDir,
    registry: &Registry,
) -> Result<Box<dyn Sandbox>, EngineError> {
    let mut child = command.spawn()?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(EngineError::Io(std::io::Error::other("a process without its streams")));
    };
    let said = Arc::new(Mutex::new(String::new()));
    tokio::spawn(listen(stderr, said.clone()));
    let process = Arc::new(Process { child: tokio::sync::Mutex::new(child), said, _root: root });
    let connected = Guest::connect(stdout, stdin, GuestOptions { patience: PATIENCE }).await;
    let (guest, events) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            process.kill().await?;
            return Err(lost_guest(&error, &process.said()));
        }
    };
    let id = uuid::Uuid::now_v7().simple().to_string();
    let entry = registry.add(&id, spec, process.clone());
    Ok(Box::new(Local { entry, guest, events: Some(events), given: spec.given_limits(), process }))
}

async fn listen(stderr: ChildStderr, said: Arc<Mutex<String>>) {
    let mut bytes = Vec::new();
    // What could be read before an error is worth telling all the same.
    drop(stderr.take(MOST_SAID).read_to_end(&mut bytes).await);
    *said.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(&bytes).into_owned();
}

fn refused(what: &str) -> EngineError {
    EngineError::Refused { reason: format!("it cannot {what}"), fix: "it is for tests only" }
}

#[async_trait]
impl Sandbox for Local {
    fn id(&self) -> &str {
        &self.entry.id
    }

    fn guest(&self) -> &Guest {
        &self.guest
    }

    fn events(&mut self) -> Option<Events> {
        self.events.take()
    }

    fn given(&self) -> GivenLimits {
        self.given
    }

    fn complaints(&self) -> String {
        self.process.said()
    }

    async fn state(&self) -> Result<SandboxState, EngineError> {
        self.entry.registry.check()?;
        let ended = self.process.child.lock().await.try_wait()?;
        Ok(ended.map_or(SandboxState::Running, |status| SandboxState::Ended {
            code: status.code().map_or(137, i64::from),
            oom_killed: false,
            reason: self.process.said(),
        }))
    }

    async fn changes(&self) -> Result<Changes, EngineError> {
        Err(refused("compare a container with its image"))
    }

    async fn written(&self) -> Option<Written> {
        None
    }

    async fn terminal(&self, _: TerminalRequest) -> Result<Terminal, EngineError> {
        Err(refused("give a program a terminal"))
    }

    async fn remove(self: Box<Self>) -> Result<(), EngineError> {
        let Self { entry, guest, events, process, .. } = *self;
        entry.registry.check()?;
        // The guest takes the end of its input as the order to end.
        drop((guest, events));
        let ended = async { process.child.lock().await.wait().await };
        if timeout(ENDING, ended).await.is_err() {
            process.kill().await?;
        }
        drop(entry);
        Ok(())
    }
}
