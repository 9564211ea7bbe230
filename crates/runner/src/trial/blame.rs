//! Whose doing it is that an agent's work has no verdict: the agent's, wherever it or what it made ran, unless the
//! infrastructure failed, or the task's own solution meets the same. Else an agent that is about to fail would break
//! something, be missing in place of failed, and work again.

use ledger::{Outcome, OutcomeGroup};
use sandbox::Sandbox;
use spec::Task;

use crate::{
    attempt::Try,
    container::examine::examine,
    context::Context,
    no_verdict::{Met, NoVerdict},
    proof::{Play, ProofError, Stage},
    solutions::Own,
};

/// The code and the words of a try without a verdict, where that is the agent's doing; else what it was, back.
/// `sandbox`: where the agent has worked.
///
/// # Errors
/// What it was, where the infrastructure failed, the task's own solution meets the same, or the engine could not show
/// that it does not.
pub(crate) async fn blame(
    context: &Context,
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    why: NoVerdict,
) -> Result<(Outcome, String), NoVerdict> {
    let why = examine(&this.site, sandbox, why).await;
    let stands_in_the_way =
        || format!("what the agent left in its container stands in the way: {}", why.detail);
    let by_tests = matches!(why.outcome, Outcome::VerifierCrash | Outcome::TaskSetup);
    let outcome = match why.met {
        _ if why.outcome.group() == OutcomeGroup::Agent => return Ok((why.outcome, why.detail)),
        Met::OutOfMemory if !by_tests => {
            return Ok((Outcome::CgroupOom, "the kernel ended the container for its memory".to_owned()));
        }
        Met::FullDisk if !by_tests => {
            return Ok((
                Outcome::CgroupDisk,
                format!("the agent filled the container's disk: {}", why.detail),
            ));
        }
        Met::Refused if !by_tests => return Ok((Outcome::SelfKill, stands_in_the_way())),
        Met::OutOfMemory => Outcome::CgroupOom,
        Met::FullDisk => Outcome::CgroupDisk,
        Met::LostGuest => Outcome::SelfKill,
        Met::Nothing | Met::Refused if by_tests => Outcome::SelfKill,
        Met::Nothing | Met::Refused => return Err(why),
    };
    let Some(task) = context.tasks.get(&this.planned.task) else { return Err(why) };
    match context.solutions.of(&task.id, Box::pin(tried(context, task))).await {
        Ok(Own::Judged) => {
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

async fn tried(context: &Context, task: &Task) -> Result<Own, ProofError> {
    let sweep = &context.plan.sweep;
    let stage = Stage::new(&context.engine, task, sweep.network, &|_| {}).await?.under(sweep);
    let play = if task.has_solution() { Play::Solution } else { Play::Nothing };
    match stage.play(&play).await {
        Ok(_) => Ok(Own::Judged),
        Err(ProofError::NoVerdict { outcome: Outcome::VerifierCrash | Outcome::TaskSetup, .. }) => {
            Ok(Own::NotJudged)
        }
        Err(error) => Err(error),
    }
}
