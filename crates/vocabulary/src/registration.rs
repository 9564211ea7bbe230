//! What is fixed before a run's first trial: hypotheses, and the promise to tell whatever comes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Arm, Program};

/// What was registered, with the number that keeps it from being guessed. A digest of it, the commitment, can be
/// published before the run, and this after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// 32 random bytes, in hex.
    pub nonce: String,
    /// What was registered.
    pub registered: Registered,
}

/// What was registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// SHA-256 of the plan.
    pub plan: String,
    /// The program that is to analyse the run.
    pub program: Program,
    /// When, by the clock of the machine: `2026-11-30T20:00:00Z`. Nobody else has seen that clock.
    pub at: String,
    /// What is expected.
    pub hypotheses: Vec<Hypothesis>,
    /// What is to be left out of the analysis, in words: nothing beside what the plan's rules leave out, unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<String>,
    /// The day by which the result is told, whatever it is: `2026-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// `hypotheses.toml`: what `overhang lock` registers beside the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hypotheses {
    /// What is expected, one for each gap that is to be decided.
    #[serde(rename = "hypothesis")]
    #[schemars(length(min = 1))]
    pub hypotheses: Vec<Hypothesis>,
    /// What is to be left out of the analysis, in words.
    #[serde(default)]
    pub exclusions: Vec<String>,
    /// The day by which the result is told, whatever it is.
    #[serde(default)]
    #[schemars(extend("format" = "date"))]
    pub due: Option<String>,
}

/// What is expected of one gap: that of an arm to the sweep's baseline, families as clusters, missing trials as 0, at the
/// level of the report, which holds for all gaps at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hypothesis {
    /// Model id.
    #[schemars(length(min = 1))]
    pub model: String,
    /// The arm.
    pub arm: Arm,
    /// What the gap is expected to be.
    pub gap: Expected,
    /// Than what it is greater or less, or within what it is equivalent: a share of 1, and so 0.05 for five points.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub margin: f64,
}

/// What a gap is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// Above the margin.
    Greater,
    /// Below minus the margin.
    Less,
    /// Outside ± the margin.
    Different,
    /// Inside ± the margin.
    Equivalent,
}

impl Expected {
    /// The word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greater => "greater",
            Self::Less => "less",
            Self::Different => "different",
            Self::Equivalent => "equivalent",
        }
    }
}

/// Something that was done otherwise than registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// What, and why.
    pub why: String,
    /// Who says so.
    pub by: String,
    /// The arms whose numbers it touches; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<Arm>,
}
