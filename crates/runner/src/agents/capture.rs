//! The workspace at points of the budget grid (docs/methodology.md, Budget points).
//!
//! A call that passes a point is settled before its answer reaches the agent: at that moment the work tree is still
//! what all calls before it have made. Everything in the container stands still while it is captured.

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use ledger::{CallRecord, Digest, TrialId, event::Snapshot};
use sandbox::guest::Guest;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use wire::CollectRequest;

use crate::{
    attempt::Try,
    container::workspace,
    journal::{CallListener, Journal, JournalError},
    no_verdict::NoVerdict,
};

/// Longest that a container stands still for one capture.
const PATIENCE: Duration = Duration::from_secs(20);

/// Captures the workspace of one try at each point of the grid below its budget.
#[derive(Debug)]
pub(crate) struct Capture {
    trial: TrialId,
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
    /// `None` where the plan has no point below the budget. `volumes`: as of [`workspace::request`].
    pub(crate) fn of(this: &Try<'_>, guest: &Guest, volumes: &[String]) -> Option<Self> {
        let mut ahead = this.sweep.budget.grid();
        ahead.pop();
        (!ahead.is_empty()).then(|| Self {
            trial: this.planned.id.clone(),
            try_number: this.try_number,
            guest: guest.clone(),
            request: workspace::request(&this.site, this.leaves(), volumes),
            scratch: this.site.scratch.to_owned(),
            grid: Mutex::new(Grid { ahead, ..Grid::default() }),
        })
    }

    /// How long the container has stood still so far.
    pub(crate) async fn paused(&self) -> Duration {
        self.grid.lock().await.paused
    }

    async fn stand_still(&self, journal: &Journal) -> Result<Digest, NoVerdict> {
        self.guest.freeze().await?;
        let workspace = workspace::collect(&self.guest, self.request.clone(), &self.scratch).await?;
        workspace::store(journal, workspace).await
    }
}

#[async_trait]
impl CallListener for Capture {
    async fn recorded(&self, journal: &Journal, record: &CallRecord) -> Result<(), JournalError> {
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
            (Ok(Err(why)), _) => Err(why.detail),
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
