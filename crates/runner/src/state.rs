//! What a ledger says of each trial: the whole of what resuming needs.

use std::collections::HashMap;

use ledger::{Event, TrialId, event::Spent, outcome::Outcome, run::Line};

/// Trials that have ended, and tries already made of those that have not.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    ended: HashMap<TrialId, Outcome>,
    tries: HashMap<TrialId, Tries>,
    usd: f64,
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
            Event::Started { trial, try_number, .. } => self.tries(trial).started = *try_number,
            Event::Call(record) => {
                self.usd += record.usd.unwrap_or(0.0);
                let spent = self.tries(&record.trial).spent.entry(record.try_number).or_default();
                spent.charged += record.charged;
                spent.usd += record.usd.unwrap_or(0.0);
                if let Some(usage) = record.usage {
                    spent.calls += 1;
                    spent.usage += usage;
                }
            }
            Event::Retried { trial, try_number, .. } => {
                let tries = self.tries(trial);
                tries.closed = *try_number;
                tries.infra += 1;
            }
            // Cut off by the program's own end: nobody's failure, so it does not use up a retry.
            Event::CutOff { trial, try_number, .. } => self.tries(trial).closed = *try_number,
            Event::Ended(end) => {
                self.ended.insert(end.trial.clone(), end.outcome);
                self.tries(&end.trial).closed = end.try_number;
            }
            Event::Reopened { trial } => {
                self.ended.remove(trial);
                self.tries(trial).infra = 0;
            }
            Event::Opened { .. }
            | Event::CallStarted { .. }
            | Event::Snapshot(_)
            | Event::SnapshotGraded(_)
            | Event::Probed(_)
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ArmStopped { .. }
            | Event::Stopped { .. }
            | Event::Flag { .. }
            | Event::Closed { .. } => {}
        }
    }

    fn tries(&mut self, trial: &TrialId) -> &mut Tries {
        self.tries.entry(trial.clone()).or_default()
    }

    /// The trial's terminal outcome, if it has ended.
    pub(crate) fn ended(&self, trial: &TrialId) -> Option<Outcome> {
        self.ended.get(trial).copied()
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
