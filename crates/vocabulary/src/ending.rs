//! How a model call ended, and why an answer stopped.

use std::{borrow::Cow, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a model call ended, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallEnding {
    /// The answer was passed on whole.
    Ok,
    /// The budget was gone: a final message of ours, free.
    Exhausted,
    /// The gateway refused it.
    Refused,
    /// The provider failed, or its answer could not be read.
    Error,
    /// The client hung up.
    Cancelled,
    /// The answer broke off.
    Truncated,
    /// An ending that only a newer program knows.
    #[serde(other)]
    Unknown,
}

impl CallEnding {
    /// The ending as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Exhausted => "exhausted",
            Self::Refused => "refused",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Truncated => "truncated",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for CallEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an answer stopped, the same in every dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It was done.
    End,
    /// It calls tools.
    ToolCalls,
    /// The output limit.
    Length,
    /// A stop sequence.
    StopSequence,
    /// The model or its provider refused.
    Refusal,
    /// Something else, in the provider's words.
    Other(String),
}

impl StopReason {
    /// The reason as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::End => "end",
            Self::ToolCalls => "tool_calls",
            Self::Length => "length",
            Self::StopSequence => "stop_sequence",
            Self::Refusal => "refusal",
            Self::Other(words) => words,
        }
    }
}

impl From<String> for StopReason {
    fn from(words: String) -> Self {
        match words.as_str() {
            "end" => Self::End,
            "tool_calls" => Self::ToolCalls,
            "length" => Self::Length,
            "stop_sequence" => Self::StopSequence,
            "refusal" => Self::Refusal,
            _ => Self::Other(words),
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for StopReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StopReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for StopReason {
    fn schema_name() -> Cow<'static, str> {
        "StopReason".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_that_only_a_newer_program_knows_is_not_ok() {
        let read: CallEnding = serde_json::from_str("\"deferred\"").unwrap();
        assert_eq!(read, CallEnding::Unknown);
        for ending in ["ok", "exhausted", "refused", "error", "cancelled", "truncated"] {
            let read: CallEnding = serde_json::from_value(ending.into()).unwrap();
            assert_eq!((read.as_str(), serde_json::to_value(read).unwrap()), (ending, ending.into()));
        }
    }

    #[test]
    fn a_stop_reason_is_read_as_it_was_written() {
        for words in ["end", "tool_calls", "length", "stop_sequence", "refusal", "content_filter"] {
            let read: StopReason = serde_json::from_value(words.into()).unwrap();
            assert_eq!(matches!(read, StopReason::Other(_)), words == "content_filter");
            assert_eq!(serde_json::to_value(read).unwrap(), words);
        }
    }
}
