//! The run's append-only, hash-chained event log, the plan it carries out, and the bodies it refers to.
//!
//! The record types here are stable: reports and other tools read them. This crate must never know who writes or
//! reads them, and never touch a container or a network.

pub mod blobs;
mod calls;
pub mod chain;
mod counted;
pub mod event;
pub mod fold;
mod lines;
mod looked_at;
pub mod merge;
mod named;
mod newer;
mod parse;
pub mod plan;
mod preflight;
pub mod registration;
pub mod run;
mod scan;
mod self_report;
mod tail;

pub use blobs::BlobStore;
pub use counted::{Brief, BriefLine, Counted, Let, Text};
pub use event::{CallRecord, Event, Overrides};
pub use fold::Fold;
pub use looked_at::{Audited, Found, Label, Regraded, Says, SolutionAgain};
pub use plan::{Plan, PlannedTrial, Replay};
pub use preflight::Preflight;
pub use run::{Ledger, RunDir};
pub use self_report::{SelfReport, SelfReportRatio};
pub use tail::Tail;
pub use vocabulary::{Digest, Outcome, OutcomeGroup, TrialId};
