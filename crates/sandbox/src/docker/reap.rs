//! Finding and removing containers by their labels.

use std::collections::HashMap;

use bollard::{models::ContainerSummary, query_parameters::ListContainersOptionsBuilder};
use futures_util::{StreamExt, stream};

use crate::{
    engine::Engine,
    error::{EngineError, failed},
    labels::{OWNER, RUN, TRIAL},
    owner::{Life, Owner},
};

/// Removals under way at once.
const REMOVALS: usize = 4;

/// A container of ours, running or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Label: the run.
    pub run: String,
    /// Label: the trial.
    pub trial: String,
    /// Label: the owning process; `None` if it cannot be read.
    pub owner: Option<Owner>,
    /// Whether it runs.
    pub running: bool,
}

/// What a clean-up did.
#[derive(Debug, Default)]
pub struct Reaped {
    /// Containers removed.
    pub removed: Vec<Listed>,
    /// Containers that could not be removed, and why.
    pub kept: Vec<(Listed, EngineError)>,
}

impl Engine {
    /// Our containers, of one run or of all.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn list(&self, run: Option<&str>) -> Result<Vec<Listed>, EngineError> {
        let label = run.map_or_else(|| OWNER.to_owned(), |run| format!("{RUN}={run}"));
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let found = self.docker.list_containers(Some(options)).await.map_err(failed("list containers"))?;
        Ok(found.into_iter().filter_map(Listed::new).collect())
    }

    /// Removes the containers, of one run or of all, whose owner is dead.
    ///
    /// # Errors
    /// If the engine does not list them; what cannot be removed is told in the result.
    pub async fn reap(&self, run: Option<&str>) -> Result<Reaped, EngineError> {
        let dead = |listed: &Listed| {
            let owner = listed.owner.as_ref();
            owner.is_some_and(|owner| owner.life(&self.shared.owner) == Life::Dead)
        };
        Ok(self.remove_all(self.list(run).await?.into_iter().filter(dead)).await)
    }

    /// Removes every container of a run, whoever owns it.
    ///
    /// # Errors
    /// As [`Engine::reap`].
    pub async fn kill_all(&self, run: &str) -> Result<Reaped, EngineError> {
        Ok(self.remove_all(self.list(Some(run)).await?).await)
    }

    async fn remove_all(&self, containers: impl IntoIterator<Item = Listed>) -> Reaped {
        let removals = containers.into_iter().map(|listed| async move {
            let removed = self.remove(&listed.id).await;
            (listed, removed)
        });
        let mut reaped = Reaped::default();
        let mut ended = stream::iter(removals).buffer_unordered(REMOVALS);
        while let Some((listed, removed)) = ended.next().await {
            match removed {
                Ok(()) => reaped.removed.push(listed),
                Err(error) => reaped.kept.push((listed, error)),
            }
        }
        reaped
    }
}

impl Listed {
    fn new(summary: ContainerSummary) -> Option<Self> {
        let labels = summary.labels.unwrap_or_default();
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        let name = summary.names.and_then(|names| names.into_iter().next()).unwrap_or_default();
        Some(Self {
            id: summary.id?,
            name: name.trim_start_matches('/').to_owned(),
            run: label(RUN),
            trial: label(TRIAL),
            owner: label(OWNER).parse().ok(),
            running: summary.state.is_some_and(|state| state.to_string() == "running"),
        })
    }
}
