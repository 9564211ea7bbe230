//! Whose doing it is that tests gave no verdict on an agent's work: the agent's, unless the task's own solution meets the
//! same. Else an agent that is about to fail would break the tests, be missing in place of failed, and work again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ledger::Outcome;
use spec::{Task, sweep::Network};
use tokio::sync::OnceCell;

use crate::{
    attempt::Try,
    context::Context,
    no_verdict::NoVerdict,
    proof::{Play, ProofError, Stage},
};

/// What the tasks of a run come to without an agent, looked for once where it is asked for.
#[derive(Default)]
pub(crate) struct Solutions(Mutex<HashMap<String, Arc<OnceCell<Own>>>>);

/// What a task's tests make of its own solution; of a container that nobody touched, where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Own {
    /// There is a verdict.
    Judged,
    /// There is none, for this reason.
    NotJudged(String),
}

/// The code and the words of a try without a verdict, where that is the agent's doing; else what it was, back.
///
/// # Errors
/// What it was, where the task's own solution meets the same, or the engine could not show that it does not.
pub(crate) async fn blame(
    context: &Context,
    this: &Try<'_>,
    why: NoVerdict,
) -> Result<(Outcome, String), NoVerdict> {
    if !matches!(why.outcome, Outcome::VerifierCrash | Outcome::TaskSetup) {
        return Err(why);
    }
    let Some(task) = context.tasks.get(&this.planned.task) else { return Err(why) };
    match context.solutions.of(context, task).await {
        Ok(Own::Judged) => {
            let outcome = if why.full_disk { Outcome::CgroupDisk } else { Outcome::SelfKill };
            let detail = format!(
                "what the agent left kept the task from a verdict, and {} gets one: {}",
                if task.has_solution() { "its own solution" } else { "an untouched container" },
                why.detail
            );
            Ok((outcome, detail))
        }
        // The agent would not fare better in another try, and neither would its tests.
        Ok(Own::NotJudged(_)) => Err(NoVerdict { retry_helps: false, ..why }),
        Err(error) => {
            tracing::warn!(task = task.id, %error, "the task's own solution could not be tried");
            Err(NoVerdict { retry_helps: false, ..why })
        }
    }
}

impl Solutions {
    async fn of(&self, context: &Context, task: &Task) -> Result<Own, ProofError> {
        let known = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(task.id.clone()).or_default().clone()
        };
        known.get_or_try_init(|| tried(context, task, context.plan.sweep.network)).await.cloned()
    }
}

async fn tried(context: &Context, task: &Task, network: Network) -> Result<Own, ProofError> {
    let stage =
        Stage::new(&context.engine, task, network, &|_| {}).await?.limited(context.plan.sweep.limits.clone());
    let play = if task.has_solution() { Play::Solution } else { Play::Nothing };
    match stage.play(&play).await {
        Ok(_) => Ok(Own::Judged),
        Err(ProofError::NoVerdict { outcome: Outcome::VerifierCrash | Outcome::TaskSetup, detail }) => {
            Ok(Own::NotJudged(detail))
        }
        Err(error) => Err(error),
    }
}
