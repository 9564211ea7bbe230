//! What a model showed when it was asked once, before anything else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Dialect, Usage};

/// A model's answer to one small request, streamed and with a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preflight {
    /// Model id.
    pub model: String,
    /// The dialect it was asked in.
    pub dialect: Dialect,
    /// The provider's name for the model that answered; `None` when it was not told.
    pub model_served: Option<String>,
    /// Seconds until the first byte of the answer.
    pub first_byte_seconds: f64,
    /// Seconds until its last byte.
    pub seconds: f64,
    /// Whether the answer came as a stream, as was asked for.
    pub streamed: bool,
    /// Whether the tool was called; `None` where none was offered (`tool_calls = "text"`).
    pub called_tool: Option<bool>,
    /// The counts that the provider tells, by the places where they stand.
    pub usage_fields: Vec<String>,
    /// Those of them that tell of the provider's cache.
    pub cache_fields: Vec<String>,
    /// The field that the output limit went out in.
    pub limit_field: String,
    /// The reasoning effort that was sent and taken; `None` when none was sent.
    pub effort: Option<String>,
    /// What it used; `None` when the provider did not tell.
    pub usage: Option<Usage>,
    /// What that cost, in US dollars, where the profile has prices.
    pub usd: Option<f64>,
    /// What a sweep would stumble over, in words.
    pub warnings: Vec<String>,
}
