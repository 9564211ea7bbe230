//! What a ledger says of each trial: the whole of what resuming needs.

use std::collections::{BTreeSet, HashMap, HashSet};

use ledger::{
    Event, Outcome, TrialId,
    event::{Snapshot, TrialEnd},
    run::Line,
};
use vocabulary::{FlagName, PauseScope, Spent};

/// Trials that have ended, and tries already made of those that have not.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    ended: HashMap<TrialId, TrialEnd>,
    tries: HashMap<TrialId, Tries>,
    /// Snapshots of each trial's last try that have no verdict.
    snapshots: HashMap<TrialId, Vec<Snapshot>>,
    /// What failed for everybody when the ledger ended.
    paused: HashSet<PauseScope>,
    usd: f64,
    flags: BTreeSet<FlagName>,
}

#[derive(Clone, Debug, Default)]
struct Tries {
    started: u32,
    infra: u32,
    spent: HashMap<u32, Spent>,
    closed: u32,
}

impl State {
    /// Reads a ledger's lines in order.
    pub(crate) fn of(lines: &[Line]) -> Self {
        let mut state = Self::default();
        for line in lines {
            state.add(&line.event);
        }
        state
    }

    /// Takes one more event into account.
    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::Started { trial, try_number, .. } => {
                self.tries(trial).started = *try_number;
                self.snapshots.remove(trial);
            }
            Event::Snapshot(snapshot) => {
                self.snapshots.entry(snapshot.trial.clone()).or_default().push((**snapshot).clone());
            }
            Event::SnapshotGraded(grade) => {
                if let Some(snapshots) = self.snapshots.get_mut(&grade.trial) {
                    snapshots.retain(|snapshot| snapshot.workspace.as_ref() != Some(&grade.workspace));
                }
            }
            Event::Call(record) => {
                self.usd += record.usd.unwrap_or(0.0);
                *self.tries(&record.trial).spent.entry(record.try_number).or_default() += &**record;
            }
            Event::Retried { trial, try_number, .. } => {
                // As `outage` has it: what fails while it is known to fail for everybody uses up no retry.
                let counts = u32::from(self.paused.is_empty());
                let tries = self.tries(trial);
                tries.closed = *try_number;
                tries.infra += counts;
            }
            Event::Paused { scope, .. } => drop(self.paused.insert(scope.clone())),
            Event::Resumed { scope, .. } => drop(self.paused.remove(scope)),
            Event::Opened { .. } => self.paused.clear(),
            // Cut off by the program's own end: nobody's failure, so it does not use up a retry.
            Event::CutOff { trial, try_number, .. } => self.tries(trial).closed = *try_number,
            Event::Ended(end) => {
                self.ended.insert(end.trial.clone(), (**end).clone());
                self.tries(&end.trial).closed = end.try_number;
            }
            Event::Flag { trial: None, flag, .. } => {
                self.flags.insert(*flag);
            }
            Event::Reopened { trial } => {
                self.ended.remove(trial);
                self.snapshots.remove(trial);
                self.tries(trial).infra = 0;
            }
            Event::CallStarted { .. }
            | Event::Probed(_)
            | Event::ArmStopped { .. }
            | Event::Stopped { .. }
            | Event::Flag { trial: Some(_), .. }
            | Event::Closed { .. } => {}
        }
    }

    fn tries(&mut self, trial: &TrialId) -> &mut Tries {
        self.tries.entry(trial.clone()).or_default()
    }

    /// The trial's terminal outcome, if it has ended.
    pub(crate) fn ended(&self, trial: &TrialId) -> Option<Outcome> {
        self.end(trial).map(|end| end.outcome)
    }

    /// The trial's terminal event, if it has ended.
    pub(crate) fn end(&self, trial: &TrialId) -> Option<&TrialEnd> {
        self.ended.get(trial)
    }

    /// Whether the run as a whole has this flag.
    pub(crate) fn has_flag(&self, flag: FlagName) -> bool {
        self.flags.contains(&flag)
    }

    /// The end of a trial whose captured work trees still need a verdict, and those snapshots.
    pub(crate) fn ungraded(&self, trial: &TrialId) -> Option<(TrialEnd, Vec<Snapshot>)> {
        let end = self.end(trial).filter(|end| !end.outcome.is_retried())?;
        let snapshots = self.snapshots.get(trial)?;
        let captured = snapshots.iter().any(|snapshot| snapshot.workspace.is_some());
        captured.then(|| (end.clone(), snapshots.clone()))
    }

    /// What failed for everybody when the ledger ended.
    pub(crate) fn paused(&self) -> Vec<PauseScope> {
        let mut paused: Vec<PauseScope> = self.paused.iter().cloned().collect();
        paused.sort();
        paused
    }

    /// The number the trial's next try gets, from 1.
    pub(crate) fn next_try(&self, trial: &TrialId) -> u32 {
        self.tries.get(trial).map_or(1, |tries| tries.started + 1)
    }

    /// Infra failures so far.
    pub(crate) fn infra_failures(&self, trial: &TrialId) -> u32 {
        self.tries.get(trial).map_or(0, |tries| tries.infra)
    }

    /// Tries that were under way when the program ended: trial, try and what it had spent.
    pub(crate) fn cut_off(&self) -> Vec<(TrialId, u32, Spent)> {
        let mut found: Vec<_> = self
            .tries
            .iter()
            .filter(|(trial, tries)| tries.started > tries.closed && !self.ended.contains_key(*trial))
            .map(|(trial, tries)| {
                (trial.clone(), tries.started, tries.spent.get(&tries.started).copied().unwrap_or_default())
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// US dollars spent by all calls, every try included.
    pub(crate) fn usd(&self) -> f64 {
        self.usd
    }
}
