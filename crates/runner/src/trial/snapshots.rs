//! Snapshots of a trial that has ended are graded, each work tree once, in fresh containers.

use std::collections::HashSet;

use ledger::{
    Digest, Event, PlannedTrial,
    event::{Snapshot, SnapshotGrade, TrialEnd},
};

use spec::Task;

use crate::{
    container::workspace::Workspace,
    context::Context,
    grading::{
        grade::{self, Grade},
        rewards::{self, Rewards},
    },
    journal::JournalError,
    no_verdict::NoVerdict,
    watch::memory,
};

/// Grades the snapshots of a trial that has ended. Nothing of it reaches an agent.
pub(crate) async fn grade(
    context: &Context,
    planned: &PlannedTrial,
    end: &TrialEnd,
    snapshots: &[Snapshot],
) -> Result<(), JournalError> {
    let mut known = HashSet::new();
    for digest in snapshots.iter().filter_map(|snapshot| snapshot.workspace.as_ref()) {
        if !known.insert(digest) {
            continue;
        }
        let mut graded = SnapshotGrade {
            trial: planned.id.clone(),
            try_number: end.try_number,
            workspace: digest.clone(),
            score: None,
            rewards: Rewards::new(),
            detail: String::new(),
            verifier_output: None,
            seconds: 0.0,
        };
        if end.workspace.as_ref() == Some(digest) && end.score.is_some() {
            // The same tree has its verdict already.
            (graded.score, graded.rewards) = (end.score, end.rewards.clone());
            graded.verifier_output = end.verifier_output.clone();
        } else {
            match verdict(context, planned, end.try_number, digest).await {
                Ok((score, grade)) => {
                    (graded.score, graded.rewards) = (Some(score), grade.rewards);
                    graded.verifier_output = context.journal.store(&grade.output).ok();
                    graded.seconds = grade.seconds;
                }
                Err(why) => graded.detail = why.to_string(),
            }
        }
        if context.kill.is_cancelled() && graded.score.is_none() {
            return Ok(());
        }
        context.journal.write(Event::SnapshotGraded(Box::new(graded))).await?;
    }
    Ok(())
}

async fn verdict(
    context: &Context,
    planned: &PlannedTrial,
    try_number: u32,
    digest: &Digest,
) -> Result<(f64, Grade), NoVerdict> {
    let this = context.attempt(planned, try_number)?;
    let archive = tokio::task::block_in_place(|| context.journal.load_file(digest, &context.scratch));
    let workspace = Workspace { archive: archive.map_err(NoVerdict::host)?, evidence: Vec::new() };
    let task = this.site.task;
    let memory = memory::of_tests(&this.sweep.limits, this.site.task);
    let _room = context.memory.reserve(memory).await;
    let grade = tokio::select! {
        grade = grade::grade_work_tree(&this.site, &workspace, |rewards| score(rewards, task).map(drop)) => grade?,
        () = context.kill.cancelled() => return Err(NoVerdict::bug("stopped")),
    };
    Ok((score(&grade.rewards, task)?, grade))
}

fn score(rewards: &Rewards, task: &Task) -> Result<f64, NoVerdict> {
    Ok(rewards::score(rewards, task)?)
}
