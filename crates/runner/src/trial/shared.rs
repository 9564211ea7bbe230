//! Grading of a try, and what is said of it where the tests ran in the agent's own container: that they did, what of theirs
//! the agent had changed, and where it had, whether a fresh container says the same.

use ledger::{Regraded, SolutionAgain};
use sandbox::Sandbox;
use spec::{Task, task::VerifierMode};
use vocabulary::{Flag, FlagName};

use crate::{
    attempt::Try,
    context::Context,
    grading::{
        grade::{self, Grade, Left},
        regrade, rewards,
    },
    no_verdict::NoVerdict,
    proof::{Play, ProofError, Stage},
};

/// Paths named in a flag's reason.
const NAMED: usize = 8;

/// What an agent left, and its verdict.
pub(crate) struct GradedWork {
    pub(crate) left: Left,
    pub(crate) grade: Grade,
    pub(crate) flags: Vec<Flag>,
    /// The same work once more, where something called for that.
    pub(crate) regraded: Option<Regraded>,
}

/// Collects what an agent left after a step, and grades it.
pub(crate) async fn grade(
    context: &Context,
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    step: u32,
) -> Result<GradedWork, NoVerdict> {
    let site = &this.site;
    let left = grade::collect(site, sandbox, this.leaves()).await?;
    let grade = grade::grade(site, sandbox, &left).await?;
    let mut flags = Vec::new();
    let is_shared = site.task.verifier.mode == VerifierMode::Shared;
    if is_shared {
        flags.push(Flag::new(FlagName::GradedWithAgent, "the tests ran in the agent's own container"));
    }
    if let Some(told) = told(&grade.restored) {
        flags.push(Flag::new(FlagName::GraderRestored, told));
    }
    // What a running service does for the tests, no fresh container can.
    let is_alone = !site.keeps_processes() && site.task.environment.services.is_empty();
    if is_shared && !grade.restored.is_empty() && is_alone {
        flags.extend(otherwise(this, &left, &grade).await);
    }
    let task = context.tasks.get(&this.planned.task);
    let instruction = task.map_or_else(|| site.task.instruction.clone(), |task| regrade::told(task, step));
    let work = regrade::Work { step, instruction, workspace: &left.workspace, grade: &grade };
    let mut regraded = regrade::regrade(site, &work, &context.pristine).await;
    if let Some(one) = regraded.as_mut().filter(|one| one.loses()) {
        match task.filter(|task| task.has_solution()) {
            Some(task) => {
                let known =
                    context.solutions_again.of(&task.id, Box::pin(solution_again(context, task))).await;
                one.solution = Some(known.unwrap_or_else(|error| {
                    one.detail = format!("the task's own solution: {error}");
                    SolutionAgain::Unknown
                }));
            }
            None => one.solution = Some(SolutionAgain::Unknown),
        }
    }
    Ok(GradedWork { left, grade, flags, regraded })
}

/// What putting test and runner files back does to a task's own solution, played in a container of its own.
async fn solution_again(context: &Context, task: &Task) -> Result<SolutionAgain, ProofError> {
    let sweep = &context.plan.sweep;
    let stage = Stage::new(&context.engine, task, sweep.network, &|_| {}).await?.under(sweep).graded_again();
    let played = stage.play(&Play::Solution).await?;
    Ok(regrade::of_solution(played.score, &played.regraded))
}

fn told(done: &[String]) -> Option<String> {
    let named: Vec<String> = done.iter().take(NAMED).map(|path| path.escape_debug().to_string()).collect();
    let more = match done.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!done.is_empty()).then(|| format!("{}{more}", named.join(" ")))
}

/// Whether a fresh container gives the same work tree less: what lies outside the tree is not there, so that the verdict
/// stands.
async fn otherwise(this: &Try<'_>, left: &Left, grade: &Grade) -> Option<Flag> {
    let beside = rewards::score(&grade.rewards, this.site.task).ok().filter(|score| *score > 0.0)?;
    let fresh = grade::grade_in_fresh_container(&this.site, &left.workspace, None).await.ok()?;
    let apart = rewards::score(&fresh.rewards, this.site.task).ok().filter(|score| *score < beside)?;
    Some(Flag::new(
        FlagName::GradedOtherwise,
        format!("beside the agent the tests say {beside}, and {apart} of its work tree in a fresh container"),
    ))
}
