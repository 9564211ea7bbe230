//! The ledger folded into one row per planned trial.

use std::collections::{BTreeSet, HashMap, HashSet};

use ledger::{
    CallRecord, Event, OutcomeGroup, Plan, PlannedTrial, TrialId,
    event::{Snapshot, SnapshotGrade, Spent, TrialEnd},
    run::Line,
};

/// A planned trial and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The trial as planned.
    pub planned: PlannedTrial,
    /// Its terminal event, if it has ended.
    pub end: Option<TrialEnd>,
    /// Calls of the try that ended it (of the last try, when none did).
    pub calls: Vec<CallRecord>,
    /// Numbers of that try's calls that were let through.
    pub let_through: BTreeSet<u32>,
    /// What each retried or cut-off try had spent.
    pub lost: Vec<Spent>,
    /// Workspaces captured at points of the budget grid by the same try as `calls`, in the order of the points.
    pub snapshots: Vec<Snapshot>,
    /// Verdicts on them, by workspace.
    pub snapshot_grades: Vec<SnapshotGrade>,
    /// Flags raised about it.
    pub flags: Vec<(String, String)>,
    /// Calls that stand in the ledger more than once.
    pub duplicate_calls: u32,
}

/// Why a ledger does not fit its plan.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RowError {
    /// An event names a trial the plan does not hold.
    #[error("line {line} of the ledger names trial `{trial}`, which the plan does not hold")]
    Unplanned {
        /// The line, from 1.
        line: u64,
        /// The trial.
        trial: TrialId,
    },
    /// A trial ended twice.
    #[error("line {line} of the ledger ends trial `{trial}` a second time")]
    EndedTwice {
        /// The line, from 1.
        line: u64,
        /// The trial.
        trial: TrialId,
    },
}

impl Row {
    /// Score in the primary analysis: the verifier's, 0 where an agent's workspace could not be graded, `None` where
    /// the trial is missing or void (docs/methodology.md, Outcomes).
    pub fn score(&self) -> Option<f64> {
        let end = self.end.as_ref()?;
        match end.outcome.group() {
            OutcomeGroup::Infra | OutcomeGroup::Task => None,
            OutcomeGroup::Verified | OutcomeGroup::Agent | OutcomeGroup::Limit => {
                Some(end.score.unwrap_or(0.0))
            }
        }
    }

    /// Score that the trial would have had at a point of the budget grid below the budget: the verdict on the snapshot
    /// that the point's passing left, or the trial's own score where it ended before it. `None` where the trial is
    /// missing, or the snapshot could not be captured or graded.
    pub fn score_at(&self, point: f64) -> Option<f64> {
        let score = self.score()?;
        match self.snapshots.iter().find(|snapshot| snapshot.points.contains(&point)) {
            None => Some(score),
            Some(snapshot) => {
                let workspace = snapshot.workspace.as_ref()?;
                self.snapshot_grades.iter().find(|grade| grade.workspace == *workspace)?.score
            }
        }
    }

    /// Whether any of its calls has a price, without which its cost is unknown.
    pub fn is_priced(&self) -> bool {
        self.calls.iter().any(|call| call.usd.is_some())
    }

    /// Calls of an ended trial that were let through and never recorded: what they cost is unknown.
    pub fn unrecorded_calls(&self) -> usize {
        let recorded = |number: &u32| self.calls.iter().any(|call| call.call == *number);
        if self.end.is_none() {
            0
        } else {
            self.let_through.iter().filter(|number| !recorded(number)).count()
        }
    }

    /// Whether the calls in the ledger add up to something else than the trial says it spent.
    pub fn spent_differs(&self) -> bool {
        let Some(end) = &self.end else { return false };
        let charged: f64 = self.calls.iter().map(|call| call.charged).sum();
        let counted = self.calls.iter().filter(|call| call.usage.is_some()).count();
        (charged - end.spent.charged).abs() > 1e-6 * charged.abs().max(1.0)
            || counted != end.spent.calls as usize
    }
}

/// One row per planned trial, in the plan's order.
///
/// # Errors
/// When the ledger contradicts the plan.
pub fn rows(plan: &Plan, lines: &[Line]) -> Result<Vec<Row>, RowError> {
    let mut rows: Vec<Row> = plan
        .trials
        .iter()
        .map(|planned| Row {
            planned: planned.clone(),
            end: None,
            calls: Vec::new(),
            let_through: BTreeSet::new(),
            lost: Vec::new(),
            snapshots: Vec::new(),
            snapshot_grades: Vec::new(),
            flags: Vec::new(),
            duplicate_calls: 0,
        })
        .collect();
    let places: HashMap<&TrialId, usize> =
        plan.trials.iter().enumerate().map(|(place, trial)| (&trial.id, place)).collect();
    let mut seen_calls: HashSet<(usize, u32, u32)> = HashSet::new();
    for line in lines {
        let number = line.seq + 1;
        let place = |trial: &TrialId| {
            places
                .get(trial)
                .copied()
                .ok_or_else(|| RowError::Unplanned { line: number, trial: trial.clone() })
        };
        match &line.event {
            Event::Started { trial, .. } => {
                let row = &mut rows[place(trial)?];
                row.calls.clear();
                row.let_through.clear();
                row.snapshots.clear();
                row.snapshot_grades.clear();
            }
            Event::Snapshot(snapshot) => rows[place(&snapshot.trial)?].snapshots.push((**snapshot).clone()),
            Event::SnapshotGraded(grade) => {
                rows[place(&grade.trial)?].snapshot_grades.push((**grade).clone());
            }
            Event::CallStarted { trial, call, .. } => {
                rows[place(trial)?].let_through.insert(*call);
            }
            Event::Call(call) => {
                let place = place(&call.trial)?;
                if seen_calls.insert((place, call.try_number, call.call)) {
                    rows[place].calls.push((**call).clone());
                } else {
                    rows[place].duplicate_calls += 1;
                }
            }
            Event::Retried { trial, spent, .. } | Event::CutOff { trial, spent, .. } => {
                rows[place(trial)?].lost.push(*spent);
            }
            Event::Reopened { trial } => {
                let row = &mut rows[place(trial)?];
                row.lost.extend(row.end.take().map(|end| end.spent));
                row.flags.clear();
            }
            Event::Ended(end) => {
                let row = &mut rows[place(&end.trial)?];
                if row.end.is_some() {
                    return Err(RowError::EndedTwice { line: number, trial: end.trial.clone() });
                }
                row.flags.extend(end.flags.iter().map(|flag| split(flag)));
                row.end = Some((**end).clone());
            }
            Event::Flag { trial: Some(trial), flag, detail } => {
                rows[place(trial)?].flags.push((flag.clone(), detail.clone()));
            }
            Event::Flag { trial: None, .. }
            | Event::Opened { .. }
            | Event::Stopped { .. }
            | Event::Probed(_)
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ArmStopped { .. }
            | Event::Closed { .. } => {}
        }
    }
    Ok(rows)
}

/// A trial's flag is written `NAME` or `NAME: reason`.
fn split(flag: &str) -> (String, String) {
    let (name, reason) = flag.split_once(": ").unwrap_or((flag, ""));
    (name.to_owned(), reason.to_owned())
}
