//! Carries out a plan: schedules trials, runs each in its container under its budget, grades it, and writes the
//! ledger first at every step.
//!
//! This crate must never print, and never decide an outcome otherwise than by the table in `ledger::outcome`.

mod agents;
mod container;
mod grading;
mod journal;
pub mod plan;
mod probe;
mod progress;
pub mod proof;
mod replay;
mod run;
mod trial;
mod watch;

pub use container::images::ImageError;
pub use progress::{Observer, Progress};
pub use replay::Recording;
pub use run::{
    control::{ControlError, Order, Worker, order},
    runner::{Finished, RunError, Runner, Stop},
    status::{Status, StatusError, UnderWay, status},
    visit::{START, Visit, Visited},
};
