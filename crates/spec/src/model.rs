//! A model profile: where it is reached, what its makers recommend, what it costs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::Dialect;

/// `models/ID.toml`. Exactly one of `endpoint` and `sim` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The profile's id: the file's name without `.toml`.
    pub id: String,
    /// Who makes it.
    pub vendor: String,
    /// Whether the weights can be had.
    pub weights: Weights,
    /// Licence of the weights, when open.
    #[serde(default)]
    pub licence: Option<String>,
    /// Day of release, `YYYY-MM-DD`; absent when not confirmed.
    #[serde(default)]
    pub released: Option<String>,
    /// Training cutoff as the maker states it, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(default)]
    pub cutoff: Option<String>,
    /// Where it is reached.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// The simulated model: deterministic, no endpoint. Everything it touches is labelled `simulated`.
    #[serde(default)]
    pub sim: Option<Sim>,
    /// Recommended sampling settings.
    #[serde(default)]
    pub sampling: Sampling,
    /// Prices, in US dollars per million tokens.
    #[serde(default)]
    pub prices: Option<Prices>,
    /// Context and output limits.
    pub limits: TokenLimits,
    /// The harness the model prefers.
    #[serde(default)]
    pub preferred: Option<Preferred>,
    /// Prompts: the specific one; the generic one is the same for all models.
    #[serde(default)]
    pub prompts: Prompts,
}

/// Whether the weights can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// Published.
    Open,
    /// Not published.
    Closed,
}

/// Where a model is reached. Outbound proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The wire format it speaks.
    pub dialect: Dialect,
    /// Base URL without the version path (`/v1` is added by the dialect).
    pub base_url: String,
    /// Environment variable holding the key; absent for servers that ask for none.
    #[serde(default)]
    pub key_env: Option<String>,
    /// The provider's name for the model.
    pub model: String,
    /// Further headers sent with each call. Never keys: those come from `key_env`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How the bare loop talks to it.
    #[serde(default)]
    pub tool_calls: ToolCalls,
}

/// How the bare loop gets commands out of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToolCalls {
    /// One `bash` tool.
    #[default]
    Native,
    /// One fenced block in the text, for models without tool calls.
    Text,
}

/// The simulated model (see `gateway::sim`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sim {
    /// What it plays.
    #[serde(default)]
    pub character: Character,
    /// Probability of playing the task's solution, per arm (`harness/prompt`); `default` for the others.
    #[serde(default)]
    pub skill: BTreeMap<String, f64>,
    /// Leave the arm out of the hash that decides each trial's fate, so that every arm must agree pair by pair.
    /// The skill is then the one of `default`.
    #[serde(default)]
    pub arm_blind: bool,
    /// Delay before each answer, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// Share of the input reported as read from the cache, 0 to 1, once a conversation has begun.
    #[serde(default)]
    pub cache_share: f64,
}

/// What `sim` plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Character {
    /// An engineer of a set skill.
    #[default]
    Engineer,
    /// Never stops.
    Spender,
    /// Repeats one command.
    Looper,
    /// Makes malformed calls.
    Garbage,
    /// Never calls a tool.
    Mute,
    /// Answers slowly, a few tokens at a time.
    Slow,
    /// Refuses.
    Refuser,
}

/// Sampling settings as the maker documents them. Absent: not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<f64>,
    /// Top k.
    pub top_k: Option<u32>,
    /// Reasoning effort, in the provider's words.
    pub effort: Option<String>,
    /// Where this is documented.
    pub source: Option<String>,
    /// Day the source was read, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// US dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Uncached input.
    pub input: f64,
    /// Output, reasoning included.
    pub output: f64,
    /// Input read from the cache; `input` when absent.
    #[serde(default)]
    pub cache_read: Option<f64>,
    /// Input written to the cache; `input` when absent.
    #[serde(default)]
    pub cache_write: Option<f64>,
    /// Where this is documented.
    #[serde(default)]
    pub source: Option<String>,
    /// Day the source was read, `YYYY-MM-DD`.
    #[serde(default)]
    pub date: Option<String>,
}

/// Token limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenLimits {
    /// Context window, in tokens: the one window declared to every arm.
    pub context: u64,
    /// Longest answer, in tokens.
    pub output: u64,
}

/// The harness a model prefers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preferred {
    /// Its name.
    pub harness: String,
    /// Where the maker says so.
    #[serde(default)]
    pub source: Option<String>,
}

/// Prompt files, relative to the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prompts {
    /// The prompt written for this model.
    pub specific: Option<String>,
    /// Where its advice comes from.
    pub source: Option<String>,
}
