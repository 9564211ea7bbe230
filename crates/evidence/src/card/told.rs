//! What is known, or why it is not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value, or the reason why there is none: `{"missing": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Told<T> {
    /// There is none.
    Missing(Missing),
    /// It is known.
    Known(T),
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The reason.
    pub missing: String,
}

impl<T> Told<T> {
    /// None, for this reason.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing(Missing { missing: reason.into() })
    }

    /// The value if there is one, else the reason.
    pub fn or(value: Option<T>, reason: &str) -> Self {
        value.map_or_else(|| Self::missing(reason), Self::Known)
    }

    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing(_) => None,
        }
    }
}
