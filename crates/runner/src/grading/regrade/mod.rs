//! A work tree graded once more: in a fresh container, with its test and runner files as the image has them. What it then
//! gets less, it got by what its agent did to them.

mod change;
mod files;
mod pristine;

use ledger::{Outcome, Regraded, SolutionAgain};
use spec::Task;
use tracing::{Instrument, info_span};

use crate::{
    container::{
        site::Site,
        workspace::{self, Workspace},
    },
    grading::{
        grade::{self, Grade},
        rewards,
    },
    no_verdict::NoVerdict,
};

pub(crate) use change::Change;
pub(crate) use pristine::Known;

/// Paths of a change that are kept on record.
const NAMED: usize = 20;

/// How often the work as it is must get its score once more, and without the change less: tests that say now this and now
/// that prove nothing.
const TIMES: usize = 2;

/// The work of a step, as it was graded.
pub(crate) struct Work<'a> {
    /// From 1.
    pub(crate) step: u32,
    /// What the agent was told up to then.
    pub(crate) instruction: String,
    pub(crate) workspace: &'a Workspace,
    pub(crate) grade: &'a Grade,
}

/// What an agent was told of a task up to a step, from 1.
pub(crate) fn told(task: &Task, step: u32) -> String {
    let parts = task.parts().iter().take(step as usize);
    parts.map(|part| part.instruction.as_str()).collect::<Vec<_>>().join("\n")
}

/// Grades the work of a step once more; `None` where it has no score, or its test and runner files are the image's.
/// Nobody has asked the task's solution yet.
pub(crate) async fn regrade(site: &Site<'_>, work: &Work<'_>, known: &Known) -> Option<Regraded> {
    let graded = rewards::score(&work.grade.rewards, site.task).ok().filter(|score| *score > 0.0)?;
    let record = |change: Option<&Change>, again: Result<f64, String>| Regraded {
        step: work.step,
        graded,
        paths: change.map_or(0, Change::paths),
        restored: change.map(|change| change.told().take(NAMED).collect()).unwrap_or_default(),
        settings: false,
        again: again.as_ref().ok().copied(),
        solution: None,
        detail: again.err().unwrap_or_default(),
    };
    let all = match change(site, work, known).instrument(info_span!("compare")).await {
        Ok(change) if change.is_empty() => return None,
        Ok(change) => change,
        Err(why) => return Some(record(None, Err(format!("test and runner files: {why}")))),
    };
    if site.keeps_processes() || !site.task.environment.services.is_empty() {
        let why = "what runs beside the work is not there in a fresh container".to_owned();
        return Some(record(Some(&all), Err(why)));
    }
    if let Some(path) = all.hard_link() {
        return Some(record(Some(&all), Err(format!("{path} is a hard link in the image"))));
    }
    // What no honest work rests on comes first: where that alone loses, there is little doubt.
    let sure = all.sure();
    let first = if sure.is_empty() { None } else { Some(again(site, work.workspace, graded, &sure).await) };
    match first {
        Some(Ok(again)) if again >= graded && sure.paths() < all.paths() => {}
        Some(again) => return Some(record(Some(&sure), again)),
        None => {}
    }
    let second = again(site, work.workspace, graded, &all).await;
    Some(Regraded { settings: true, ..record(Some(&all), second) })
}

/// What the work of a step differs in from its image, of test and runner files.
async fn change(site: &Site<'_>, work: &Work<'_>, known: &Known) -> Result<Change, NoVerdict> {
    let pristine = known.of(site).await?;
    let (archive, roots, instruction) =
        (work.workspace.archive.to_path_buf(), workspace::graded(site), work.instruction.clone());
    let compared = tokio::task::spawn_blocking(move || {
        let here = files::of(&archive, &roots)?;
        Ok::<_, std::io::Error>(Change::between(pristine, &here, &instruction))
    });
    compared.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)
}

/// The score without the change, or why none can be told. Where it is less, all of it was seen several times.
async fn again(site: &Site<'_>, workspace: &Workspace, graded: f64, change: &Change) -> Result<f64, String> {
    let score = async |change: Option<&Change>| {
        let grading = grade::grade_in_fresh_container(site, workspace, change);
        match grading.instrument(info_span!("regrade")).await {
            Ok(grade) => rewards::score(&grade.rewards, site.task).map_err(|wrong| wrong.to_string()),
            // Tests that get no verdict of it without the change had one with it.
            Err(why) if change.is_some() && why.outcome == Outcome::VerifierCrash => Ok(0.0),
            Err(why) => Err(why.to_string()),
        }
    };
    let without = score(Some(change)).await?;
    if without >= graded {
        return Ok(without);
    }
    for _ in 0..TIMES {
        // Work may also need what its agent installed beside it: a fresh container has none of that.
        let as_it_is = score(None).await?;
        if as_it_is < graded {
            return Err(format!("a fresh container gives the same work tree {as_it_is} as it is"));
        }
    }
    for _ in 0..TIMES {
        let another = score(Some(change)).await?;
        if another >= graded {
            return Err(format!("the tests say {without}, and {another} another time"));
        }
    }
    Ok(without)
}

/// What putting such files back does to a task's own solution, from the plays of its steps.
pub(crate) fn of_solution(score: f64, plays: &[Regraded]) -> SolutionAgain {
    if plays.iter().any(Regraded::loses) {
        SolutionAgain::Loses
    } else if score >= 1.0 && plays.iter().all(|play| play.again.is_some()) {
        SolutionAgain::Keeps
    } else {
        SolutionAgain::Unknown
    }
}
