//! Renders an analysis for people and machines.
//!
//! This crate must never compute a statistic: every number comes from `analysis`. Missing is written `–`, never 0.

mod audit;
pub mod bodies;
mod comparison;
mod csv;
mod difference;
mod event;
mod forecast;
mod html;
mod junit;
mod markdown;
mod number;
mod pair;
mod terminal;
mod wording;
mod workspace;

pub use audit::audit;
pub use comparison::comparison;
pub use csv::csv;
pub use difference::{difference, difference_markdown};
pub use event::event;
pub use forecast::forecast;
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use pair::{Side, pair};
pub use terminal::terminal;
pub use workspace::{Change, WorkspaceError, changes};

use analysis::Analysis;

/// The analysis as JSON, with stable field names (`docs/schemas/report.json`).
///
/// # Errors
/// When it cannot be serialized.
pub fn json(analysis: &Analysis) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(analysis).map(|text| text + "\n")
}

/// JSON Schema of [`json`]'s output.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Analysis).to_value()
}
