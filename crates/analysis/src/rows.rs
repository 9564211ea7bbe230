//! The ledger folded into one row per planned trial.

use std::collections::{BTreeSet, HashMap, HashSet};

use ledger::{
    Event, OutcomeGroup, Plan, PlannedTrial, TrialId,
    event::{Snapshot, SnapshotGrade, TrialEnd},
    run::Line,
};

use vocabulary::{Flag, Spent};

use crate::call::{Call, Names};

/// A planned trial and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The trial as planned.
    pub planned: PlannedTrial,
    /// Its terminal event, if it has ended.
    pub end: Option<TrialEnd>,
    /// Calls of the try that ended it (of the last try, when none did).
    pub calls: Vec<Call>,
    /// Numbers of that try's calls that were let through.
    pub let_through: BTreeSet<u32>,
    /// What each retried or cut-off try had spent.
    pub lost: Vec<Spent>,
    /// Workspaces captured at points of the budget grid by the same try as `calls`, in the order of the points.
    pub snapshots: Vec<Snapshot>,
    /// Verdicts on them, by workspace.
    pub snapshot_grades: Vec<SnapshotGrade>,
    /// Flags raised about it.
    pub flags: Vec<Flag>,
    /// Calls that stand in the ledger more than once.
    pub duplicate_calls: u32,
}

/// Why a ledger does not fit its plan.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RowError {
    #[error("line {line} of the ledger names trial `{trial}`, which the plan does not hold")]
    Unplanned { line: u64, trial: TrialId },
    #[error("line {line} of the ledger ends trial `{trial}` a second time")]
    EndedTwice { line: u64, trial: TrialId },
}

impl Row {
    fn new(planned: &PlannedTrial) -> Self {
        Self {
            planned: planned.clone(),
            end: None,
            calls: Vec::new(),
            let_through: BTreeSet::new(),
            lost: Vec::new(),
            snapshots: Vec::new(),
            snapshot_grades: Vec::new(),
            flags: Vec::new(),
            duplicate_calls: 0,
        }
    }

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
        self.calls.iter().any(|call| call.priced)
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

/// Rows while the ledger is read, in the plan's order.
pub(crate) struct Rows<'p> {
    rows: Vec<Row>,
    places: HashMap<&'p TrialId, usize>,
    seen_calls: HashSet<(usize, u32, u32)>,
    names: Names,
}

impl<'p> Rows<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self {
            rows: plan.trials.iter().map(Row::new).collect(),
            places: plan.trials.iter().enumerate().map(|(place, trial)| (&trial.id, place)).collect(),
            seen_calls: HashSet::new(),
            names: Names::default(),
        }
    }

    pub(crate) fn finish(self) -> Vec<Row> {
        self.rows
    }

    /// Takes the next line of the ledger.
    pub(crate) fn take(&mut self, line: Line) -> Result<(), RowError> {
        let number = line.seq + 1;
        let Some(trial) = line.event.trial().cloned() else { return Ok(()) };
        let Some(&place) = self.places.get(&trial) else {
            return Err(RowError::Unplanned { line: number, trial });
        };
        let row = &mut self.rows[place];
        match line.event {
            Event::Started { .. } => {
                row.calls.clear();
                row.let_through.clear();
                row.snapshots.clear();
                row.snapshot_grades.clear();
            }
            Event::Snapshot(snapshot) => row.snapshots.push(*snapshot),
            Event::SnapshotGraded(grade) => row.snapshot_grades.push(*grade),
            Event::CallStarted { call, .. } => drop(row.let_through.insert(call)),
            Event::Call(call) => {
                if self.seen_calls.insert((place, call.try_number, call.call)) {
                    row.calls.push(Call::new(&call, &mut self.names));
                } else {
                    row.duplicate_calls += 1;
                }
            }
            Event::Retried { spent, .. } | Event::CutOff { spent, .. } => row.lost.push(spent),
            Event::Reopened { .. } => {
                row.lost.extend(row.end.take().map(|end| end.spent));
                row.flags.clear();
            }
            Event::Ended(end) => {
                if row.end.is_some() {
                    return Err(RowError::EndedTwice { line: number, trial });
                }
                row.flags.extend(end.flags.iter().cloned());
                row.end = Some(*end);
            }
            Event::Flag { flag, detail, .. } => row.flags.push(Flag::new(flag, detail)),
            Event::Opened { .. }
            | Event::Stopped { .. }
            | Event::Probed(_)
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ArmStopped { .. }
            | Event::Closed { .. } => {}
        }
        Ok(())
    }
}
