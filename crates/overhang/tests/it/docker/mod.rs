//! On the real engine, with the real harnesses.

mod attacks;
mod blind;
mod clean;
mod compose;
mod egress;
mod faults;
mod generated;
mod handed_in;
mod harbor;
mod imports;
mod interruption;
mod isolation;
mod kit;
mod lock;
mod loopback;
mod mcp;
mod nightly;
mod place;
mod preflight;
mod probe;
mod regrade;
mod replay;
mod restart;
mod scaffold;
mod services;
mod set_uid;
mod shell;
mod snapshots;
mod spender;
mod suite;
mod tasks;
mod try_task;
mod weak_tasks;

use docker::DockerEngine;
use sandbox::Engine;

/// Every arm that is built in or that the repository's own harnesses give.
const ARMS: [&str; 3] = ["bare/generic", "claude-code/specific", "opencode/specific"];

/// Names of the containers there are of a run.
async fn containers(run: &str) -> Vec<String> {
    let engine = DockerEngine::connect().await.unwrap();
    engine.list(Some(run)).await.unwrap().into_iter().map(|listed| listed.name).collect()
}
