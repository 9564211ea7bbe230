//! Looks at what a trial left on record: a detector a file, the same over a trial that ends now and over any old run.
//!
//! A detector is given [`Evidence`] and says whether it matches, with findings that point at what they were seen in. They
//! are listed in [`DETECTORS`]. [`of_trial`] runs them all over one trial, [`of_run`] over every ended trial of a run.
//!
//! This crate must never change an outcome or a score, ask a model, or take what it could not read for what is not there:
//! that is [`State::Unknown`].

mod acts;
mod detector;
mod detectors;
mod evidence;
mod finding;
mod inputs;
mod lines;
mod page;
mod paths;
mod run;
#[cfg(test)]
mod testing;

pub use acts::{Act, Acts};
pub use detector::Detector;
pub use detectors::DETECTORS;
pub use evidence::{Evidence, Opening};
pub use finding::{Body, Bytes, Finding, Level, Place, State};
pub use inputs::{HarnessTools, Inputs, TaskFacts, TrialInputs};
pub use page::page;
pub use paths::is_test;
pub use run::{AuditError, Check, Listed, RunAudit, TrialAudit, detectors, flags, found, of_run, of_trial};

/// JSON Schema of a [`RunAudit`].
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RunAudit).to_value()
}
