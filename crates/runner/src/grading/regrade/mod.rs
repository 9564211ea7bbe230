//! A work tree graded once more: in a fresh container, with its test and runner files as the image has them. What it then
//! gets less, it got by what its agent did to them.

mod change;
mod files;
mod pristine;

use ledger::{Regraded, SolutionAgain};
use spec::task::VerifierMode;
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

/// Grades the work of a step once more; `None` where it has no score, or its test and runner files are the image's.
/// Nobody has asked the task's solution yet.
pub(crate) async fn regrade(
    site: &Site<'_>,
    step: u32,
    workspace: &Workspace,
    grade: &Grade,
    known: &Known,
) -> Option<Regraded> {
    let graded = rewards::score(&grade.rewards, site.task).ok().filter(|score| *score > 0.0)?;
    let record = |paths: Vec<String>, again: Result<f64, String>| Regraded {
        step,
        graded,
        paths: paths.len(),
        restored: paths.into_iter().take(NAMED).collect(),
        settings: false,
        again: again.as_ref().ok().copied(),
        solution: None,
        detail: again.err().unwrap_or_default(),
    };
    let change = match change(site, workspace, known).instrument(info_span!("compare")).await {
        Ok(change) if change.is_empty() => return None,
        Ok(change) => change,
        Err(why) => return Some(record(Vec::new(), Err(format!("test and runner files: {why}")))),
    };
    let again = if site.keeps_processes() || !site.task.environment.services.is_empty() {
        Err("what runs beside the work is not there in a fresh container".to_owned())
    } else {
        again(site, workspace, graded, &change).instrument(info_span!("regrade")).await
    };
    Some(Regraded { settings: change.has_settings(), ..record(change.told(), again) })
}

/// What the work of a step differs in from its image, of test and runner files.
async fn change(site: &Site<'_>, workspace: &Workspace, known: &Known) -> Result<Change, NoVerdict> {
    let pristine = known.of(site).await?;
    let (archive, roots, instruction) =
        (workspace.archive.to_path_buf(), workspace::graded(site), site.task.instruction.clone());
    let compared = tokio::task::spawn_blocking(move || {
        let here = files::of(&archive, &roots)?;
        Ok::<_, std::io::Error>(Change::between(pristine, &here, &instruction))
    });
    compared.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)
}

/// The score once more, or why there is none.
async fn again(site: &Site<'_>, workspace: &Workspace, graded: f64, change: &Change) -> Result<f64, String> {
    let score = async |change| {
        let grade = grade::grade_in_fresh_container(site, workspace, change).await;
        let grade = grade.map_err(|why| why.to_string())?;
        rewards::score(&grade.rewards, site.task).map_err(|wrong| wrong.to_string())
    };
    let again = score(Some(change)).await?;
    if again < graded && site.task.verifier.mode == VerifierMode::Shared {
        // Work may need what its agent installed beside it: a fresh container has none of that.
        let apart = score(None).await?;
        if apart < graded {
            return Err(format!("a fresh container gives the same work tree {apart} as it is"));
        }
    }
    Ok(again)
}

/// What putting such files back does to a task's own solution, from the plays of its steps.
pub(crate) fn of_solution(plays: &[Regraded]) -> SolutionAgain {
    if plays.iter().any(Regraded::loses) {
        SolutionAgain::Loses
    } else if plays.iter().all(|play| play.again.is_some()) {
        SolutionAgain::Keeps
    } else {
        SolutionAgain::Unknown
    }
}
