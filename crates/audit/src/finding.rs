//! What a detector says.

use ledger::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use vocabulary::Certainty as Level;

/// What a detector says of one trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Match {
        /// What was seen; at least one.
        findings: Vec<Finding>,
    },
    /// Everything that would show it could be read, and does not.
    NoMatch,
    /// What would show it is not on record, or cannot be read.
    Unknown {
        /// Why.
        reason: String,
    },
    /// There is nothing in this trial that it could be seen in.
    NotApplicable {
        /// Why.
        reason: String,
    },
}

impl State {
    /// One finding that what is recorded proves.
    pub(crate) fn proved(detail: impl Into<String>, place: Option<Place>) -> Self {
        Self::Match { findings: vec![Finding { level: Level::Proved, detail: detail.into(), place }] }
    }

    pub(crate) fn unknown(reason: &str) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    pub(crate) fn not_applicable(reason: &str) -> Self {
        Self::NotApplicable { reason: reason.into() }
    }
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How certain it is that it happened. Says nothing of an intent.
    pub level: Level,
    /// What was seen, in words.
    pub detail: String,
    /// What it was seen in; `None` where it is seen in what is missing.
    pub place: Option<Place>,
}

/// A place in the bodies of a trial's try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The call.
    pub call: u32,
    /// Which of its bodies.
    pub body: Body,
    /// What the body is stored under.
    pub digest: Digest,
    /// The message of a request, or the block of an answer, from 0; `None` for the whole body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// Bytes of the step's text; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
}

/// Bytes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bytes {
    /// The first, from 0.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

/// Which body of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The request.
    Request,
    /// The answer.
    Response,
}
