//! Removing containers by whom they belong to.

use futures_util::{StreamExt, stream};

use crate::{
    engine::{Engine, Listed},
    error::EngineError,
    owner::Life,
};

/// Removals under way at once.
const REMOVALS: usize = 4;

/// What a clean-up did.
#[derive(Debug, Default)]
pub struct Reaped {
    /// Containers removed.
    pub removed: Vec<Listed>,
    /// Containers that could not be removed, and why.
    pub kept: Vec<(Listed, EngineError)>,
}

/// Removes the containers, of one run or of all, whose owner is dead.
///
/// # Errors
/// If the engine does not list them; what cannot be removed is told in the result.
pub async fn reap(engine: &dyn Engine, run: Option<&str>) -> Result<Reaped, EngineError> {
    let dead = |listed: &Listed| listed.life == Life::Dead;
    Ok(remove_all(engine, engine.list(run).await?.into_iter().filter(dead)).await)
}

/// Removes every container of a run, whoever owns it.
///
/// # Errors
/// As [`reap`].
pub async fn kill_all(engine: &dyn Engine, run: &str) -> Result<Reaped, EngineError> {
    Ok(remove_all(engine, engine.list(Some(run)).await?).await)
}

async fn remove_all(engine: &dyn Engine, containers: impl IntoIterator<Item = Listed>) -> Reaped {
    let removals = containers.into_iter().map(|listed| async move {
        let removed = engine.remove(&listed.id).await;
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
