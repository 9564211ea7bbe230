//! A model call as far as it is counted, read from its line without the rest of the record: a run may hold millions.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use vocabulary::{Spent, Usage};

use crate::{
    CallRecord, Event,
    event::{CallKind, Loss},
};

/// What of a call's record is counted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Counted<'l> {
    /// The trial.
    #[serde(borrow)]
    pub trial: Text<'l>,
    /// Which try, from 1.
    pub try_number: u32,
    /// Which call of this try, from 1.
    pub call: u32,
    /// What kind of call it is.
    pub kind: CallKind,
    /// Whether it asked for another model than the one under test.
    #[serde(default)]
    pub other_model: bool,
    /// The call whose request this one repeats.
    #[serde(default)]
    pub replay_of: Option<u32>,
    /// Tokens; `None` when nothing was used.
    pub usage: Option<Usage>,
    /// Whether some of the usage is our estimate.
    pub estimated: bool,
    /// Why it is, in words.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// Budget units charged.
    pub charged: f64,
    /// US dollars, when the model has prices.
    pub usd: Option<f64>,
    /// Model the client asked for.
    pub model_asked: Text<'l>,
    /// Model the provider says answered.
    pub model_served: Option<Text<'l>>,
    /// What a translation could not carry.
    #[serde(default)]
    pub losses: Vec<Loss>,
}

impl<'l> From<&'l CallRecord> for Counted<'l> {
    fn from(call: &'l CallRecord) -> Self {
        Self {
            trial: Text(Cow::Borrowed(&call.trial.0)),
            try_number: call.try_number,
            call: call.call,
            kind: call.kind,
            other_model: call.other_model,
            replay_of: call.replay_of,
            usage: call.usage,
            estimated: call.estimated,
            doubts: call.doubts.clone(),
            charged: call.charged,
            usd: call.usd,
            model_asked: Text(Cow::Borrowed(&call.model_asked)),
            model_served: call.model_served.as_deref().map(|name| Text(Cow::Borrowed(name))),
            losses: call.losses.clone(),
        }
    }
}

/// A call that was let through.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Let<'l> {
    /// The trial.
    #[serde(borrow)]
    pub trial: Text<'l>,
    /// Which try, from 1.
    pub try_number: u32,
    /// Which call of this try, from 1.
    pub call: u32,
}

/// What a line says, calls only as far as they are counted.
#[derive(Debug, PartialEq)]
pub enum Brief<'l> {
    /// A call has ended.
    Call(Counted<'l>),
    /// A call was let through.
    Let(Let<'l>),
    /// Anything else.
    Other(Box<Event>),
}

/// A line of the ledger, calls only as far as they are counted.
#[derive(Debug, PartialEq)]
pub struct BriefLine<'l> {
    /// Place in the ledger, from 0.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What it says.
    pub what: Brief<'l>,
}

/// A call's share of what its try spent: nothing where the request was none ([`Spent`] says what a call is).
impl std::ops::AddAssign<&Counted<'_>> for Spent {
    fn add_assign(&mut self, call: &Counted<'_>) {
        let Some(usage) = call.usage else { return };
        *self += Spent { calls: 1, usage, charged: call.charged, usd: call.usd.unwrap_or(0.0) };
    }
}

/// A text that stays where it was read, unless it is written with escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'l>(Cow<'l, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'l, 'l> Deserialize<'de> for Text<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Here;

        impl<'de> Visitor<'de> for Here {
            type Value = Text<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Here)
    }
}
