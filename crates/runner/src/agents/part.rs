//! The agent's part, whoever the agent is.

use std::sync::Arc;

use gateway::Session;
use ledger::Outcome;
use sandbox::Sandbox;

use crate::{
    agents::{bare, capture::Capture, end::AgentEnd, harness},
    attempt::Try,
    no_verdict::NoVerdict,
    watch::disk,
};

/// Runs the agent until it ends or a limit ends it.
pub(crate) async fn run(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    capture: Option<Arc<Capture>>,
) -> Result<AgentEnd, NoVerdict> {
    let watch = disk::watch(&this.site, sandbox).await?;
    let agent = async {
        match this.harness {
            None => Ok(bare::run(this, session, sandbox, capture).await),
            Some(harness) => harness::run(this, harness, session, sandbox).await,
        }
    };
    tokio::select! {
        end = agent => end,
        full = watch.full(Some(session)) => {
            // Only here: an agent still waited for would be taken for one that was killed for no reason.
            sandbox.guest().kill_all().await?;
            Ok(AgentEnd { outcome: Some(Outcome::CgroupDisk), detail: full?, ..AgentEnd::default() })
        }
    }
}

/// Runs a script where the agent's commands run, started by us instead of by the agent.
pub(crate) async fn run_script(
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    script: &str,
) -> Result<AgentEnd, NoVerdict> {
    let guest = sandbox.guest();
    let outcome = guest.exec(this.site.shell(guest).bash(script)).await?;
    Ok(harness::describe(&outcome, None))
}
