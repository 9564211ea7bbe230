//! A trial watched while it goes on: its events out of the ledger, each as it is written.

use std::time::Duration;

use ledger::{BlobStore, Fold, Plan, RunDir, Tail, TrialId, fold::Sums};

use crate::failure::Failure;

/// Between two looks at the ledger.
pub(crate) const PAUSE: Duration = Duration::from_millis(300);

/// A trial, and how far it was watched.
pub(crate) struct Follow {
    tail: Tail,
    blobs: BlobStore,
    trial: TrialId,
    fold: Fold,
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The trial goes on, or has yet to begin.
    Open,
    /// It has ended.
    Ended,
    /// The run was left before the trial's end.
    Left,
}

impl Follow {
    pub(crate) fn new(run: &RunDir, plan: &Plan, trial: TrialId) -> Self {
        Self { tail: run.tail(), blobs: run.blobs(), trial, fold: Fold::new(&plan.trials, Sums) }
    }

    /// Prints what is new, and says whether more is to come.
    pub(crate) fn print_new(&mut self) -> Result<State, Failure> {
        for line in self.tail.next_lines().map_err(Failure::other)? {
            let of_another = line.event.trial().is_some_and(|trial| *trial != self.trial);
            if let Some(text) = (!of_another).then(|| report::event(&line.event, &self.blobs)).flatten() {
                out!("{text}");
            }
            self.fold.take(line).map_err(Failure::other)?;
        }
        Ok(match self.fold.trial(&self.trial) {
            Some(trial) if trial.end.is_some() => State::Ended,
            _ if self.fold.run().closed => State::Left,
            _ => State::Open,
        })
    }
}
