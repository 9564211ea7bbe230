//! Our containers, found by their labels.

use std::collections::HashMap;

use bollard::{models::ContainerSummary, query_parameters::ListContainersOptionsBuilder};
use sandbox::{EngineError, Life, Listed, Owner};

use crate::{
    engine::DockerEngine,
    error::failed,
    labels::{OWNER, RUN, TRIAL},
};

/// Those of one run or of all.
pub(crate) async fn list(engine: &DockerEngine, run: Option<&str>) -> Result<Vec<Listed>, EngineError> {
    let label = run.map_or_else(|| OWNER.to_owned(), |run| format!("{RUN}={run}"));
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let found = engine.docker.list_containers(Some(options)).await.map_err(failed("list containers"))?;
    Ok(found.into_iter().filter_map(|summary| listed(summary, &engine.shared.owner)).collect())
}

fn listed(summary: ContainerSummary, this: &Owner) -> Option<Listed> {
    let labels = summary.labels.unwrap_or_default();
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let name = summary.names.and_then(|names| names.into_iter().next()).unwrap_or_default();
    Some(Listed {
        id: summary.id?,
        name: name.trim_start_matches('/').to_owned(),
        run: label(RUN),
        trial: label(TRIAL),
        life: label(OWNER).parse().map_or(Life::Unseen, |owner: Owner| owner.life(this)),
        owner: label(OWNER),
        running: summary.state.is_some_and(|state| state.to_string() == "running"),
    })
}
