//! The words that every other crate shares: names, tokens, endings, outcomes, flags, limits, and what a sweep says.
//!
//! They are plain data with their written form. This crate stands at the bottom of the house: it must never depend on
//! another crate of ours, read a file, or judge anything. A word that is written to a ledger keeps its spelling, and an
//! older spelling stays readable.

mod arm;
mod attack;
mod capabilities;
mod certainty;
mod claim;
mod contact;
mod dialect;
mod digest;
mod ending;
pub mod flag;
mod health;
mod image;
mod limits;
mod names;
pub mod outcome;
mod program;
mod registration;
mod resource;
mod scope;
mod severity;
pub mod sweep;
pub mod text;
mod thresholds;
mod trial;
mod usage;

pub use arm::{Arm, ArmError, HarnessName, Prompt};
pub use attack::{Attack, UnknownAttack};
pub use capabilities::CAPABILITIES;
pub use certainty::Certainty;
pub use claim::{Average, Claim, Claims, FoundByOthers, Link};
pub use contact::{Caller, Contact, Passage};
pub use dialect::Dialect;
pub use digest::Digest;
pub use ending::{CallEnding, StopReason};
pub use flag::{Flag, FlagName};
pub use health::HealthCheck;
pub use image::ImageSource;
pub use limits::{ContainerLimits, Limits};
pub use names::plain_name;
pub use outcome::{Outcome, OutcomeGroup};
pub use program::Program;
pub use registration::{Deviation, Expected, Hypotheses, Hypothesis, Registered, Registration};
pub use resource::Resource;
pub use scope::PauseScope;
pub use severity::Severity;
pub use sweep::{Sweep, Weights};
pub use thresholds::Thresholds;
pub use trial::TrialId;
pub use usage::{Spent, Usage};
