//! Whose doing it is that tests gave no verdict on an agent's work: the agent's, unless the task's own solution meets the
//! same. Else an agent that is about to fail would break the tests, be missing in place of failed, and work again.

use ledger::Outcome;
use spec::{Task, sweep::Network};

use crate::{
    attempt::Try,
    context::Context,
    no_verdict::NoVerdict,
    proof::{Play, ProofError, Stage},
    solutions::Own,
};

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
    let network = context.plan.sweep.network;
    match context.solutions.of(&task.id, Box::pin(tried(context, task, network))).await {
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
        Ok(Own::NotJudged) => Err(NoVerdict { retry_helps: false, ..why }),
        Err(error) => {
            tracing::warn!(task = task.id, %error, "the task's own solution could not be tried");
            Err(NoVerdict { retry_helps: false, ..why })
        }
    }
}

async fn tried(context: &Context, task: &Task, network: Network) -> Result<Own, ProofError> {
    let stage =
        Stage::new(&context.engine, task, network, &|_| {}).await?.limited(context.plan.sweep.limits.clone());
    let play = if task.has_solution() { Play::Solution } else { Play::Nothing };
    match stage.play(&play).await {
        Ok(_) => Ok(Own::Judged),
        Err(ProofError::NoVerdict { outcome: Outcome::VerifierCrash | Outcome::TaskSetup, .. }) => {
            Ok(Own::NotJudged)
        }
        Err(error) => Err(error),
    }
}
