//! What a translation could not carry.

use serde::{Deserialize, Serialize};

/// Something in a request or an answer that a translation could not carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Where it stood, as `messages[2].content[0].citations`.
    pub path: String,
    /// Why it was left behind.
    pub reason: String,
    /// Whether it can change the answer.
    pub severity: Severity,
}

/// Whether a loss can change the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot: labels, cache markers, routing.
    Note,
    /// It can.
    Change,
}

impl Loss {
    pub(crate) fn change(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), severity: Severity::Change }
    }

    pub(crate) fn note(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), severity: Severity::Note }
    }

    /// What stands for a part of the conversation that only one provider can read.
    pub(crate) fn elsewhere(path: impl Into<String>, what: &str) -> Self {
        Self::change(path, format!("`{what}` {ELSEWHERE}"))
    }

    /// Whether a part of the conversation is lost with it that the client did not send: another provider has no way to
    /// know it.
    pub fn is_elsewhere(&self) -> bool {
        self.reason.ends_with(ELSEWHERE)
    }

    /// Whether a part of what is said is lost with it: a document, a recording, a picture that is elsewhere.
    pub fn is_of_a_part(&self) -> bool {
        let is_said =
            ["messages", "system", "contents", "input"].iter().any(|list| self.path.starts_with(list));
        is_said && self.reason.ends_with(NOT_CARRIED)
    }

    /// A key that nobody understood.
    pub(crate) fn unknown(path: String, key: &str) -> Self {
        let severity = if HARMLESS.contains(&key) { Severity::Note } else { Severity::Change };
        Self { path, reason: "has no place in the neutral form".into(), severity }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// How the losses of whole blocks end.
pub(crate) const NOT_CARRIED: &str = "cannot be carried";

/// How the losses end of what stands for a part of the conversation.
const ELSEWHERE: &str = "is of no use here: the whole conversation must be sent";

/// Keys that do not change what the model is told or how it samples.
const HARMLESS: &[&str] = &[
    "cache_control",
    "caller",
    "created",
    "id",
    "labels",
    "logprobs",
    "metadata",
    "object",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "safetyRatings",
    "service_tier",
    "status",
    "store",
    "stream_options",
    "system_fingerprint",
    "user",
];
