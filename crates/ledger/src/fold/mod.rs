//! The event stream, folded: what each trial has come to, and how its run stands.
//!
//! Nowhere else are events put together. Resuming, `overhang status`, live displays, the kit and the analysis read this
//! fold, so that they cannot disagree about what happened.

mod run;
mod trial;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use vocabulary::TrialId;

use crate::{Brief, BriefLine, CallRecord, Counted, Event, PlannedTrial, run::Line};

pub use run::{Run, StoppedArm};
pub use trial::Trial;

/// What becomes of the records of model calls: a run may hold millions.
pub trait Keep {
    /// What is kept of one.
    type Call;

    /// Takes a record, and gives what is kept of it.
    fn call(&mut self, record: &CallRecord) -> Self::Call;
}

/// The same where a record is read only as far as it is counted.
pub trait Count: Keep {
    /// Takes what is counted of a record, and gives what is kept of it.
    fn count(&mut self, call: &Counted<'_>) -> Self::Call;
}

/// Keeps nothing of a call but its share of what was spent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums;

impl Keep for Sums {
    type Call = ();

    fn call(&mut self, _: &CallRecord) {}
}

/// Keeps every record whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records;

impl Keep for Records {
    type Call = CallRecord;

    fn call(&mut self, record: &CallRecord) -> CallRecord {
        record.clone()
    }
}

/// An event that does not fit its plan, or what came before it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Misfit {
    /// It names a trial the plan does not hold.
    #[error("names trial `{0}`, which the plan does not hold")]
    Unplanned(TrialId),
    /// It ends a trial that has ended.
    #[error("ends trial `{0}` a second time")]
    EndedTwice(TrialId),
}

/// Why a ledger does not fit its plan.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line} of the ledger {misfit}")]
pub struct FoldError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with its event.
    pub misfit: Misfit,
}

/// A run's events, folded along its plan.
#[derive(Clone, Debug)]
pub struct Fold<K: Keep = Sums> {
    keep: K,
    trials: Vec<Trial<K::Call>>,
    places: HashMap<TrialId, usize>,
    /// Place of the trial that the last event was about: mostly the next one is about it as well.
    last: usize,
    ended: usize,
    under_way: usize,
    run: Run,
}

impl<K: Keep> Fold<K> {
    /// Of a run with these planned trials, before its first event.
    pub fn new(planned: &[PlannedTrial], keep: K) -> Self {
        Self {
            keep,
            trials: planned.iter().cloned().map(Trial::new).collect(),
            places: planned.iter().enumerate().map(|(place, trial)| (trial.id.clone(), place)).collect(),
            last: 0,
            ended: 0,
            under_way: 0,
            run: Run::default(),
        }
    }

    /// Of these lines.
    ///
    /// # Errors
    /// When one of them does not fit the plan.
    pub fn of(
        planned: &[PlannedTrial],
        keep: K,
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Self, FoldError> {
        let mut fold = Self::new(planned, keep);
        lines.into_iter().try_for_each(|line| fold.take(line))?;
        Ok(fold)
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// When it does not fit the plan.
    pub fn take(&mut self, line: Line) -> Result<(), FoldError> {
        self.add(line.at_ms, line.event).map_err(|misfit| FoldError { line: line.seq + 1, misfit })
    }

    /// Takes the next event, written so many milliseconds after the Unix epoch.
    ///
    /// # Errors
    /// When it does not fit the plan.
    pub fn add(&mut self, at_ms: u64, event: Event) -> Result<(), Misfit> {
        let uses_up = self.run.paused.is_empty();
        self.run.take(at_ms, &event);
        let Some(id) = event.trial() else { return Ok(()) };
        let place = self.place(&id.0)?;
        let trial = &mut self.trials[place];
        let counts =
            |trial: &Trial<K::Call>| (usize::from(trial.end.is_some()), usize::from(trial.is_under_way()));
        let before = counts(trial);
        if let Event::Started { .. } = event {
            trial.inputs.clone_from(&self.run.inputs);
        }
        match event {
            Event::Call(record) if trial.is_first(record.try_number, record.call) => {
                self.run.spend(record.usd);
                let kept = self.keep.call(&record);
                trial.call(&Counted::from(&*record), kept);
            }
            Event::Call(_) => trial.duplicate_calls += 1,
            other => trial.take(at_ms, other, uses_up)?,
        }
        let after = counts(trial);
        self.ended = self.ended + after.0 - before.0;
        self.under_way = self.under_way + after.1 - before.1;
        Ok(())
    }

    /// Takes the next line, of which calls are read only as far as they are counted.
    ///
    /// # Errors
    /// When it does not fit the plan.
    pub fn take_brief(&mut self, line: BriefLine<'_>) -> Result<(), FoldError>
    where
        K: Count,
    {
        let BriefLine { seq, at_ms, what, .. } = line;
        self.add_brief(at_ms, what).map_err(|misfit| FoldError { line: seq + 1, misfit })
    }

    fn add_brief(&mut self, at_ms: u64, what: Brief<'_>) -> Result<(), Misfit>
    where
        K: Count,
    {
        match what {
            Brief::Other(event) => return self.add(at_ms, *event),
            Brief::Let(call) => {
                let place = self.place(&call.trial)?;
                self.trials[place].open_calls.insert(call.call);
            }
            Brief::Call(call) => {
                let place = self.place(&call.trial)?;
                if self.trials[place].is_first(call.try_number, call.call) {
                    self.run.spend(call.usd);
                    let kept = self.keep.count(&call);
                    self.trials[place].call(&call, kept);
                } else {
                    self.trials[place].duplicate_calls += 1;
                }
            }
        }
        self.run.at(at_ms);
        Ok(())
    }

    fn place(&mut self, trial: &str) -> Result<usize, Misfit> {
        if self.trials.get(self.last).is_none_or(|last| last.planned.id.0 != trial) {
            let place = self.places.get(trial).copied();
            self.last = place.ok_or_else(|| Misfit::Unplanned(TrialId(trial.to_owned())))?;
        }
        Ok(self.last)
    }

    /// The trials, in the plan's order.
    pub fn trials(&self) -> &[Trial<K::Call>] {
        &self.trials
    }

    /// A trial of the plan.
    pub fn trial(&self, id: &TrialId) -> Option<&Trial<K::Call>> {
        self.places.get(id).map(|place| &self.trials[*place])
    }

    /// What is kept of the calls of a trial's try, for who needs it once: the fold lets go of it.
    pub fn take_calls(&mut self, id: &TrialId) -> Vec<K::Call> {
        let place = self.places.get(id);
        place.map(|place| std::mem::take(&mut self.trials[*place].calls)).unwrap_or_default()
    }

    /// Trials that have ended.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// Trials of which a try is under way.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// How the run as a whole stands.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Trials and run, for who goes on with them.
    pub fn into_parts(self) -> (Vec<Trial<K::Call>>, Run) {
        (self.trials, self.run)
    }
}
