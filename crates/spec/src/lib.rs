//! What users write: sweeps, models, harnesses and tasks, read from TOML into typed, validated values.
//!
//! Every error names the file, line, column and key, and suggests a fix. Unknown keys are refused, but for those of tasks
//! that cannot be a slip.
//! This crate must never touch the network or a container engine, never write a file, and never read a provider's key.

pub mod catalogue;
mod check;
pub mod claims;
mod document;
mod error;
pub mod harness;
pub mod host;
pub mod hypotheses;
pub mod imports;
mod inside;
pub mod lint;
pub mod model;
mod nearest;
pub mod older;
pub mod project;
mod schema;
pub mod sweep;
pub mod task;
pub mod template;
mod yaml;

pub use error::{FileError, Kind, Problem};
pub use harness::Harness;
pub use model::Model;
pub use nearest::name as nearest_name;
pub use project::{Project, PromptTexts, Resolved};
pub use schema::schemas;
pub use sweep::Sweep;
pub use task::Task;
pub use vocabulary::{Arm, Dialect, HarnessName, Limits, Prompt, Thresholds, Weights};
