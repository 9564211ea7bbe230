//! Removing a container, once and for good.

use std::time::Duration;

use bollard::query_parameters::RemoveContainerOptionsBuilder;
use tokio::time::sleep;

use crate::{
    engine::Engine,
    error::{EngineError, failed},
};

/// Tries, and the pause before the second; it doubles.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);

impl Engine {
    /// Kills and removes a container with its volumes. One that is gone, or going, is no error.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let mut tried = 0;
        loop {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let removed = self.docker.remove_container(id, Some(options)).await;
            match removed.map_err(failed("remove a container")) {
                Err(error) if error.is_missing() => return Ok(()),
                Err(EngineError::Call { status: Some(409), reason, .. })
                    if reason.contains("in progress") =>
                {
                    return Ok(());
                }
                Err(error) if error.is_passing() && tried + 1 < TRIES => sleep(PAUSE * 2u32.pow(tried)).await,
                done => return done,
            }
            tried += 1;
        }
    }
}

/// Removes a container when dropped, as far as that is possible then: the reaper finds what is left.
pub(crate) struct RemoveOnDrop {
    engine: Engine,
    id: Option<String>,
}

impl RemoveOnDrop {
    pub(crate) fn new(engine: &Engine, id: String) -> Self {
        Self { engine: engine.clone(), id: Some(id) }
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    pub(crate) async fn now(mut self) -> Result<(), EngineError> {
        match self.id.clone() {
            Some(id) => {
                let removed = self.engine.remove(&id).await;
                self.id = None;
                removed
            }
            None => Ok(()),
        }
    }
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else { return };
        let engine = self.engine.clone();
        runtime.spawn(async move {
            if let Err(error) = engine.remove(&id).await {
                tracing::warn!(container = id, %error, "a dropped container is left for the reaper");
            }
        });
    }
}
