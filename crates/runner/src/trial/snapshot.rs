//! The workspace at points of the budget grid (docs/methodology.md, Budget points).
//!
//! A call that passes a point is settled before its answer reaches the agent: at that moment the work tree is still
//! what all calls before it have made. Everything in the container stands still while it is captured.

use std::{collections::HashSet, io, path::PathBuf, time::Duration};

use ledger::{
    CallRecord, Digest, Event, Outcome, PlannedTrial,
    event::{Snapshot, SnapshotGrade, TrialEnd},
};
use sandbox::guest::Guest;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use wire::CollectRequest;

use crate::{
    container::{
        site::Infra,
        workspace::{self, Workspace},
    },
    grading::{
        grade as grading,
        grade::Graded,
        rewards::{self, Rewards},
    },
    journal::Journal,
    run::runner::Shared,
    trial::{one_try as trial, one_try::Try},
    watch::memory,
};

/// Longest that a container stands still for one capture.
const PATIENCE: Duration = Duration::from_secs(20);

/// Captures the workspace of one try at each point of the grid below its budget.
#[derive(Debug)]
pub(crate) struct Capture {
    trial: ledger::TrialId,
    try_number: u32,
    guest: Guest,
    request: CollectRequest,
    scratch: PathBuf,
    grid: Mutex<Grid>,
}

#[derive(Debug, Default)]
struct Grid {
    /// Points not passed yet, ascending.
    ahead: Vec<f64>,
    used: f64,
    paused: Duration,
}

impl Grid {
    /// Counts a call; the points it passed, and what was used before it. A point is passed by what goes beyond it.
    fn passed(&mut self, charged: f64) -> (Vec<f64>, f64) {
        let before = self.used;
        self.used += charged;
        let ahead = self.ahead.iter().position(|point| *point >= self.used).unwrap_or(self.ahead.len());
        (self.ahead.drain(..ahead).collect(), before)
    }
}

impl Capture {
    /// `None` where the plan has no point below the budget.
    pub(crate) fn of(this: &Try<'_>, guest: &Guest) -> Option<Self> {
        let mut ahead = this.shared.plan.sweep.budget.grid();
        ahead.pop();
        (!ahead.is_empty()).then(|| Self {
            trial: this.planned.id.clone(),
            try_number: this.try_number,
            guest: guest.clone(),
            request: workspace::request(&this.site, this.leaves()),
            scratch: this.shared.scratch.clone(),
            grid: Mutex::new(Grid { ahead, ..Grid::default() }),
        })
    }

    /// How long the container has stood still so far.
    pub(crate) async fn paused(&self) -> Duration {
        self.grid.lock().await.paused
    }

    /// A call was recorded, and its answer waits. Returns when it may go on.
    pub(crate) async fn call(&self, journal: &Journal, record: &CallRecord) -> io::Result<()> {
        let mut grid = self.grid.lock().await;
        let (points, used) = grid.passed(record.charged);
        if points.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let captured = timeout(PATIENCE, self.stand_still(journal)).await;
        let thawed = self.guest.thaw().await;
        let paused = began.elapsed();
        grid.paused += paused;
        let captured = match (captured, thawed) {
            (Err(_), _) => Err(format!("it took longer than {} s", PATIENCE.as_secs())),
            (Ok(Err(infra)), _) => Err(infra.detail),
            (Ok(Ok(_)), Err(error)) => Err(error.to_string()),
            (Ok(Ok(workspace)), Ok(())) => Ok(workspace),
        };
        let (workspace, detail) = match captured {
            Ok(workspace) => (Some(workspace), String::new()),
            Err(detail) => (None, detail),
        };
        let snapshot = Snapshot {
            trial: self.trial.clone(),
            try_number: self.try_number,
            call: record.call,
            points,
            used,
            workspace,
            detail,
            paused_seconds: paused.as_secs_f64(),
        };
        journal.write_snapshot(snapshot).await
    }

    async fn stand_still(&self, journal: &Journal) -> Result<Digest, Infra> {
        self.guest.freeze().await?;
        let workspace = workspace::collect(&self.guest, self.request.clone(), &self.scratch).await?;
        workspace::store(journal, workspace).await
    }
}

/// Grades the snapshots of a trial that has ended, each workspace once, in fresh containers. Nothing of it reaches an
/// agent. `Err` when the ledger cannot be written.
pub(crate) async fn grade(
    shared: &Shared,
    planned: &PlannedTrial,
    end: &TrialEnd,
    snapshots: &[Snapshot],
) -> io::Result<()> {
    let mut known = HashSet::new();
    for digest in snapshots.iter().filter_map(|snapshot| snapshot.workspace.as_ref()) {
        if !known.insert(digest) {
            continue;
        }
        let mut grade = SnapshotGrade {
            trial: planned.id.clone(),
            try_number: end.try_number,
            workspace: digest.clone(),
            score: None,
            rewards: Default::default(),
            detail: String::new(),
            verifier_output: None,
            seconds: 0.0,
        };
        if end.workspace.as_ref() == Some(digest) && end.score.is_some() {
            // The same tree has its verdict already.
            (grade.score, grade.rewards) = (end.score, end.rewards.clone());
            grade.verifier_output = end.verifier_output.clone();
        } else {
            match verdict(shared, planned, end.try_number, digest).await {
                Ok((score, graded)) => {
                    (grade.score, grade.rewards) = (Some(score), graded.rewards);
                    grade.verifier_output = shared.journal.store(&graded.output).ok();
                    grade.seconds = graded.seconds;
                }
                Err(infra) => grade.detail = format!("{}: {}", infra.outcome, infra.detail),
            }
        }
        if shared.kill.is_cancelled() && grade.score.is_none() {
            return Ok(());
        }
        shared.journal.write(Event::SnapshotGraded(Box::new(grade))).await?;
    }
    Ok(())
}

async fn verdict(
    shared: &Shared,
    planned: &PlannedTrial,
    try_number: u32,
    digest: &Digest,
) -> Result<(f64, Graded), Infra> {
    let host = |error: io::Error| Infra::new(Outcome::HostDisk, error);
    let this = trial::prepare(shared, planned, try_number)?;
    let archive = tokio::task::block_in_place(|| shared.journal.load_file(digest, &shared.scratch));
    let workspace = Workspace { archive: archive.map_err(host)? };
    let _room = shared.memory.reserve(memory::of_tests(shared, planned)).await;
    let graded = tokio::select! {
        graded = grading::again(&this.site, &workspace, |rewards| score(rewards).map(drop)) => graded?,
        () = shared.kill.cancelled() => return Err(Infra::new(Outcome::OrchBug, "stopped")),
    };
    Ok((score(&graded.rewards)?, graded))
}

fn score(rewards: &Rewards) -> Result<f64, Infra> {
    rewards::score(rewards).map_err(|wrong| Infra::new(Outcome::VerifierCrash, wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_passed_by_what_goes_beyond_it_and_only_once() {
        let mut grid = Grid { ahead: vec![100.0, 200.0, 400.0], ..Grid::default() };
        assert_eq!(grid.passed(100.0), (vec![], 0.0));
        assert_eq!(grid.passed(150.0), (vec![100.0, 200.0], 100.0));
        assert_eq!(grid.passed(0.0), (vec![], 250.0));
        assert_eq!(grid.passed(900.0), (vec![400.0], 250.0));
        assert_eq!(grid.passed(900.0), (vec![], 1150.0));
    }
}
