//! The API wire formats.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An API wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Anthropic's Messages API, `POST /v1/messages`.
    AnthropicMessages,
    /// OpenAI's Chat Completions API, `POST /v1/chat/completions`.
    OpenaiChat,
    /// OpenAI's Responses API, `POST /v1/responses`.
    OpenaiResponses,
    /// Google's Gemini API, `POST /v1beta/models/M:generateContent`.
    Gemini,
}

impl Dialect {
    /// The name used in files, reports and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Gemini => "gemini",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
