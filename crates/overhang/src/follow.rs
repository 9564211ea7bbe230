//! A trial watched while it goes on: its events out of the ledger, each as it is written.

use std::time::Duration;

use ledger::{BlobStore, Event, RunDir, Tail, TrialId};

use crate::failure::Failure;

/// Between two looks at the ledger.
pub(crate) const PAUSE: Duration = Duration::from_millis(300);

/// A trial, and how far it was watched.
pub(crate) struct Follow {
    tail: Tail,
    blobs: BlobStore,
    trial: TrialId,
    state: State,
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
    pub(crate) fn new(run: &RunDir, trial: TrialId) -> Self {
        Self { tail: run.tail(), blobs: run.blobs(), trial, state: State::Open }
    }

    /// Prints what is new, and says whether more is to come.
    pub(crate) fn print_new(&mut self) -> Result<State, Failure> {
        for line in self.tail.next_lines().map_err(Failure::other)? {
            if line.event.trial().is_some_and(|trial| *trial != self.trial) {
                continue;
            }
            self.state = match (&line.event, self.state) {
                (Event::Ended(_), _) => State::Ended,
                (Event::Opened { .. }, State::Left) | (Event::Reopened { .. }, _) => State::Open,
                (Event::Closed { .. }, State::Open) => State::Left,
                (_, state) => state,
            };
            if let Some(text) = report::event(&line.event, &self.blobs) {
                anstream::print!("{text}");
            }
        }
        Ok(self.state)
    }
}
