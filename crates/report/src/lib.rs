//! Renders an analysis for people and machines.
//!
//! This crate must never compute a statistic: every number comes from `analysis`. Missing is written `–`, never 0.

mod answer;
mod audit;
pub mod bodies;
mod card;
mod claims;
mod comparison;
mod difference;
mod event;
mod finding;
mod flags;
mod forecast;
mod format;
mod hacks;
mod history;
mod number;
mod pair;
mod registration;
mod reliability;
mod trials;
mod turns;
mod wording;
mod workspace;

pub use audit::{audit, detectors};
pub use card::{card_html, card_markdown};
pub use claims::claims;
pub use event::event;
pub use forecast::forecast;
pub use format::{Format, Kind, RenderError, UnknownFormat, View, terminal::wrapped};
pub use pair::{Ran, Side, pair};
pub use trials::{disagreeing, trials};
pub use workspace::{Change, WorkspaceError, changes};
