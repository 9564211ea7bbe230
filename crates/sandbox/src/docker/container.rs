//! Starting a trial's container, and the container while it lives.

use std::{os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use async_trait::async_trait;
use bollard::{
    models::ContainerState,
    query_parameters::{InspectContainerOptions, StartContainerOptions},
};
use fs_err as fs;
use sha2::{Digest, Sha256};
use tokio::{
    sync::OnceCell,
    time::{sleep, timeout},
};
use tracing::{Instrument, info_span};

use crate::{
    attach::{Attached, Complaints, attach},
    changes::Changes,
    engine::Engine,
    error::{EngineError, failed},
    guest::{Events, Guest, GuestError, GuestOptions},
    hex,
    remove::RemoveOnDrop,
    sandbox::{Resources, Sandbox, State},
    start::{GivenLimits, StartSpec},
    terminal::{Terminal, TerminalRequest},
    upper::{self, Layers, Written},
};

/// Tries to start one container, and the pause before the second; it doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);
/// How long one try may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How long a started guest may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A container whose guest answers. Dropping it schedules its removal; [`Sandbox::remove`] waits for it.
struct Container {
    guest: Guest,
    events: Option<Events>,
    given: GivenLimits,
    stderr: Complaints,
    engine: Engine,
    /// Asked of the engine once: they stay where they are.
    layers: OnceCell<Layers>,
    removal: RemoveOnDrop,
}

impl Container {
    async fn layers(&self) -> Option<Layers> {
        let ask = || async { self.engine.layers(self.removal.id()).await.ok_or(()) };
        self.layers.get_or_try_init(ask).await.ok().cloned()
    }
}

impl Engine {
    /// Starts a container and its guest. Few starts go on at once, the rest wait for their turn; an overloaded engine
    /// is given time and tried again.
    ///
    /// # Errors
    /// If the engine refuses, or the guest does not answer. Nothing is left behind.
    pub async fn start(&self, spec: StartSpec) -> Result<Box<dyn Sandbox>, EngineError> {
        self.check_disk("a container")?;
        let guest = self.guest_binary().await?;
        let turn = self.shared.starts.acquire().await;
        let mut tried = 0;
        let started = loop {
            let hung = |_| EngineError::Lost {
                what: "the engine on starting a container".into(),
                reason: "it took too long".into(),
            };
            match timeout(LIMIT, self.start_once(&spec, &guest)).await.map_err(hung).flatten() {
                Err(error) if error.is_passing() && tried + 1 < TRIES => {
                    tracing::debug!(%error, "starting a container failed, trying again");
                    sleep(PAUSE * 2u32.pow(tried)).await;
                    tried += 1;
                }
                done => break done,
            }
        };
        drop(turn);
        Ok(Box::new(started?))
    }

    async fn start_once(&self, spec: &StartSpec, guest: &std::path::Path) -> Result<Container, EngineError> {
        // A new name each time: a try that seemed to fail may have left the old one.
        let name = format!("overhang-{}-{}", plain(&spec.name), uuid::Uuid::now_v7().simple());
        let creation = self.create(&name, spec.body(guest, &self.shared.owner));
        let removal = creation.instrument(info_span!("create")).await?;
        let id = removal.id();
        let Attached { reader, writer, stderr } = attach(self, id).instrument(info_span!("attach")).await?;
        let start = self.docker.start_container(id, None::<StartContainerOptions>);
        let started = start.instrument(info_span!("engine")).await;
        started.map_err(failed("start a container"))?;
        let connecting = Guest::connect(reader, writer, GuestOptions { patience: PATIENCE });
        let connected = connecting.instrument(info_span!("guest")).await;
        let (guest, events) = connected.map_err(|error| lost(&error, &stderr))?;
        Ok(Container {
            guest,
            events: Some(events),
            given: spec.given_limits(),
            stderr,
            engine: self.clone(),
            layers: OnceCell::new(),
            removal,
        })
    }
}

#[async_trait]
impl Sandbox for Container {
    fn id(&self) -> &str {
        self.removal.id()
    }

    fn guest(&self) -> &Guest {
        &self.guest
    }

    fn events(&mut self) -> Option<Events> {
        self.events.take()
    }

    async fn resources(&self) -> Result<Resources, EngineError> {
        let used = self.guest.usage().await.map_err(|error| lost(&error, &self.stderr))?;
        Ok(Resources { given: self.given, used })
    }

    async fn oom_killed(&self) -> Result<bool, EngineError> {
        match self.guest.usage().await {
            Ok(usage) => Ok(usage.memory.oom_kills.is_some_and(|kills| kills > 0)),
            Err(_) => match self.state().await? {
                State::Ended { oom_killed, .. } => Ok(oom_killed),
                State::Running => Err(lost(&self.guest.lost().await, &self.stderr)),
            },
        }
    }

    async fn state(&self) -> Result<State, EngineError> {
        let inspected =
            self.engine.docker.inspect_container(self.id(), None::<InspectContainerOptions>).await;
        let state = inspected.map_err(failed("inspect a container"))?.state.unwrap_or_default();
        Ok(State::new(state, &self.stderr))
    }

    async fn changes(&self) -> Result<Changes, EngineError> {
        self.engine.changes(self.id(), self.layers().await).await
    }

    async fn written(&self) -> Option<Written> {
        let layers = self.layers().await?;
        tokio::task::spawn_blocking(move || upper::written(&layers)).await.ok()?.ok()
    }

    async fn terminal(&self, request: TerminalRequest) -> Result<Terminal, EngineError> {
        self.engine.terminal(self.id(), request).await
    }

    async fn remove(self: Box<Self>) -> Result<(), EngineError> {
        let Self { guest, events, removal, .. } = *self;
        // An attached stream that nobody reads keeps the engine from removing the container.
        drop((guest, events));
        removal.now().await
    }
}

fn lost(error: &GuestError, stderr: &Complaints) -> EngineError {
    let said = stderr.text();
    let reason = if said.is_empty() { error.to_string() } else { format!("{error}; it said: {said}") };
    EngineError::Lost { what: "a container's guest".into(), reason }
}

impl State {
    fn new(state: ContainerState, stderr: &Complaints) -> Self {
        if state.running == Some(true) {
            return Self::Running;
        }
        let said = [state.error.unwrap_or_default(), stderr.text()];
        Self::Ended {
            code: state.exit_code.unwrap_or_default(),
            oom_killed: state.oom_killed.unwrap_or_default(),
            reason: said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "),
        }
    }
}

impl Engine {
    /// The guest's binary as a file that can be mounted: written once, named by its content.
    async fn guest_binary(&self) -> Result<PathBuf, EngineError> {
        let write = || async {
            let directory = self.shared.data.join("guest");
            let written =
                tokio::task::spawn_blocking(move || write_executable(&directory, crate::guest::BINARY));
            written.await.map_err(std::io::Error::other)?
        };
        Ok(self.shared.guest.get_or_try_init(write).await?.clone())
    }
}

fn write_executable(directory: &std::path::Path, content: &[u8]) -> std::io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.canonicalize()?.join(hex(&Sha256::digest(content)));
    if fs::metadata(&path).is_ok_and(|file| file.len() == content.len() as u64) {
        return Ok(path);
    }
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    std::io::Write::write_all(&mut file, content)?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o555))?;
    file.persist(&path)?;
    Ok(path)
}

/// What the engine allows in a name.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' })
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_written_once_and_a_torn_copy_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = write_executable(directory.path(), b"guest").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o555);
        assert_eq!(write_executable(directory.path(), b"guest").unwrap(), path);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "gu").unwrap();
        write_executable(directory.path(), b"guest").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"guest");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_hold_what_the_engine_allows() {
        assert_eq!(plain("family/task one"), "family-task-one");
    }
}
