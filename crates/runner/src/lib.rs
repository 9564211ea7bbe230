//! Carries out a plan: schedules trials, runs each in its container under its budget, grades it, and writes the
//! ledger first at every step.
//!
//! This crate must never print, and never decide an outcome otherwise than by the table in `ledger::outcome`.

mod adapter;
mod agents;
mod bare;
mod brief;
mod conclusion;
mod control;
mod disk;
mod evidence;
mod grading;
mod harness;
mod images;
mod job;
mod journal;
mod memory;
mod outage;
mod outside;
pub mod plan;
mod probe;
mod progress;
pub mod proof;
mod readiness;
mod replay;
mod rewards;
mod run;
mod schedule;
mod self_report;
mod site;
mod snapshot;
mod state;
mod status;
mod trial;
mod visit;
mod workspace;

pub use control::{ControlError, Order, Worker, order};
pub use images::ImageError;
pub use progress::{Observer, Progress};
pub use replay::Recording;
pub use run::{Finished, RunError, Runner, Stop};
pub use status::{Status, StatusError, UnderWay, status};
pub use visit::{START, Visit, Visited};
