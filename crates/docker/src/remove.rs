//! Creating containers so that none is forgotten, and removing them once and for good.

use std::time::Duration;

use bollard::{
    models::{ContainerCreateBody, ContainerUpdateBody},
    query_parameters::{
        CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    },
};
use sandbox::EngineError;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{engine::DockerEngine, error::failed};

/// Tries, and the pause before the second; it doubles.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);
/// The same for an engine that is away: about ten minutes.
const AWAY_TRIES: u32 = 100;
const AWAY_PAUSE: Duration = Duration::from_secs(5);
/// How long a removal that somebody else asked for may take.
const GOING: Duration = Duration::from_secs(30);

impl DockerEngine {
    /// Creates a container. It is removed when the result is dropped, also when the caller stops waiting before the
    /// engine has answered.
    pub(crate) async fn create(
        &self,
        name: &str,
        body: ContainerCreateBody,
    ) -> Result<RemoveOnDrop, EngineError> {
        let engine = self.clone();
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let (told, creation) = oneshot::channel();
        // Whom nobody waits for is dropped within the task: its output would be dropped after the tracker's count of it.
        self.shared.under_way.spawn(async move {
            let created = engine.docker.create_container(Some(options), body).await;
            let created = created.map_err(failed("create a container"));
            let _unwanted = told.send(created.map(|it| RemoveOnDrop { engine, id: Some(it.id) }));
        });
        creation.await.map_err(std::io::Error::other)?
    }

    /// Waits until there is no such container. Asked again and again: an engine that is told to wait for a removal may
    /// answer that it cannot, and the container still stands in its lists.
    async fn gone(&self, id: &str) -> Result<(), EngineError> {
        loop {
            let seen = self.docker.inspect_container(id, None::<InspectContainerOptions>).await;
            match seen.map_err(failed("inspect a container")) {
                Err(error) if error.is_missing() => return Ok(()),
                Err(error) if !error.is_passing() => return Err(error),
                _ => sleep(PAUSE).await,
            }
        }
    }

    /// Takes away the limit on a container's CPUs. Thousands that fork need more time to die than a small share gives
    /// them, and its first process, which is to be killed, waits among them.
    async fn let_end(&self, id: &str) {
        // Above what the machine has the engine refuses it, and the rest of the machine is left to others.
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let update =
            ContainerUpdateBody { nano_cpus: Some(cpus as i64 * 1_000_000_000), ..Default::default() };
        if let Err(error) = self.docker.update_container(id, update).await {
            tracing::debug!(%error, "the container keeps its share of the CPUs");
        }
    }

    /// Kills and removes a container with its volumes, and returns when it is gone, whoever removes it.
    pub(crate) async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let mut tried = 0;
        loop {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let removed = self.docker.remove_container(id, Some(options)).await;
            match removed.map_err(failed("remove a container")) {
                Err(error) if error.is_missing() => return Ok(()),
                Err(EngineError::Call { status: Some(409), reason, .. })
                    if reason.contains("in progress") =>
                {
                    return timeout(GOING, self.gone(id)).await.map_err(|_| EngineError::Lost {
                        what: "a container that is being removed".into(),
                        reason: format!("it is still there after {} s", GOING.as_secs()),
                    })?;
                }
                Err(error) if error.is_passing() && tried + 1 < TRIES => {
                    self.let_end(id).await;
                    sleep(PAUSE * 2u32.pow(tried)).await;
                }
                done => return done,
            }
            tried += 1;
        }
    }
}

/// Removes a container when dropped, as far as that is possible then: the reaper finds what is left.
pub(crate) struct RemoveOnDrop {
    engine: DockerEngine,
    id: Option<String>,
}

impl RemoveOnDrop {
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    pub(crate) async fn now(mut self) -> Result<(), EngineError> {
        let Some(id) = self.id.clone() else { return Ok(()) };
        let removed = self.engine.remove_container(&id).await;
        // An engine that is away may come back: what cannot be removed now is dropped, and tried again.
        if !removed.as_ref().is_err_and(EngineError::is_passing) {
            self.id = None;
        }
        removed
    }
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else { return };
        let engine = self.engine.clone();
        let removal = async move {
            let mut tried = 1;
            while let Err(error) = engine.remove_container(&id).await {
                if !error.is_passing() || tried == AWAY_TRIES {
                    tracing::warn!(container = id, %error, "a dropped container is left for the reaper");
                    break;
                }
                sleep(AWAY_PAUSE).await;
                tried += 1;
            }
        };
        self.engine.shared.under_way.spawn_on(removal, &runtime);
    }
}
