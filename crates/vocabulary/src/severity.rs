//! What a flag does to the numbers it stands beside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a flag does to the numbers it stands beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// States a fact; the numbers stand.
    Info,
    /// The numbers stand, and are to be read with care.
    Warning,
    /// A number it is about is not to be stated.
    Error,
}

impl Severity {
    /// The severity as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
