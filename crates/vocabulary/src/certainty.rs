//! How certain a finding is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How certain it is that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A pattern in a text: a reason to look.
    Lead,
    /// What was done has hardly another meaning.
    Strong,
    /// The record shows it.
    Proved,
}

impl Certainty {
    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Strong => "strong",
            Self::Proved => "proved",
        }
    }
}
