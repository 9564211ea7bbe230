//! Published numbers: who claims what, and under which protocol.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Arm;

/// `claims.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// One for each number.
    #[serde(rename = "claim")]
    #[schemars(length(min = 1))]
    pub claims: Vec<Claim>,
}

/// A number that somebody published for a model on a benchmark. What the source does not state is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The model, as the source names it.
    #[schemars(length(min = 1))]
    pub model: String,
    /// The benchmark, as the source names it.
    #[schemars(length(min = 1))]
    pub benchmark: String,
    /// Which form of the benchmark: version, commit, subset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The claimed score, 0 to 1; absent where only its protocol is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub value: Option<f64>,
    /// Who claims it.
    #[schemars(length(min = 1))]
    pub by: String,
    /// Where it is published.
    #[schemars(length(min = 1))]
    pub source: String,
    /// When it was: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Whether the number is taken from what others say of the source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_hand: bool,
    /// Number of tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub n: Option<u32>,
    /// Attempts at each task, each of which counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub attempts: Option<u32>,
    /// Answers of which the best, or the chosen one, counts; 1 where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub best_of: Option<u32>,
    /// What chooses among several answers, where that is another model or a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// What the number is a mean of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Average>,
    /// What the model was driven by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harness: Option<String>,
    /// What the model was told beside the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What each task could use at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Tools and network that it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<String>,
    /// Sampling settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<String>,
    /// Differences within ± this do not matter, as a share of 1.
    #[serde(default = "margin")]
    #[schemars(range(min = 0, max = 1))]
    pub margin: f64,
    /// Which runs measure it; absent: none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Link>,
    /// What others found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundByOthers>,
    /// What else is to be known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Which runs measure what a claim is about. Whoever writes it says that the tasks of the sweep are those of the benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The sweep's name.
    #[schemars(length(min = 1))]
    pub sweep: String,
    /// The model's id in it.
    #[schemars(length(min = 1))]
    pub model: String,
    /// The arm; absent: each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<Arm>,
}

/// What somebody else found for the same model and benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundByOthers {
    /// The score, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub value: f64,
    /// Who found it.
    #[schemars(length(min = 1))]
    pub by: String,
    /// Where it is published.
    #[schemars(length(min = 1))]
    pub source: String,
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What they did otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

/// What a number is a mean of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// All tasks alike.
    Micro,
    /// Parts of the benchmark alike, however many tasks each has.
    Macro,
}

impl Average {
    /// The word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Micro => "micro",
            Self::Macro => "macro",
        }
    }
}

fn margin() -> f64 {
    0.03
}
