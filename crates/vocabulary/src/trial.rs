//! Names of trials.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Arm;

/// Names one trial within a plan: `model:harness/prompt:task:attempt`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TrialId(pub String);

impl std::borrow::Borrow<str> for TrialId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TrialId {
    /// The name a trial has in every plan that holds it.
    pub fn of(model: &str, arm: &Arm, task: &str, attempt: u32) -> Self {
        Self(format!("{model}:{arm}:{task}:{attempt}"))
    }
}

impl std::fmt::Display for TrialId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
