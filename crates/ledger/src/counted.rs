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
    scan::{Scan, once},
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

impl<'l> Counted<'l> {
    /// Reads the event of a call; `None` where it is not canonical text of one.
    pub(crate) fn scan(scan: &mut Scan<'l>) -> Option<Self> {
        let (mut tag, mut trial, mut try_number, mut call, mut kind) = (None, None, None, None, None);
        let (mut other_model, mut replay_of, mut usage, mut estimated) = (None, None, None, None);
        let (mut doubts, mut charged, mut usd, mut losses) = (None, None, None, None);
        let (mut model_asked, mut model_served) = (None, None);
        scan.object(|scan, name| match name {
            b"event" => once(&mut tag, scan.string()?),
            b"trial" => once(&mut trial, scan.string()?),
            b"try_number" => once(&mut try_number, number(scan)?),
            b"call" => once(&mut call, number(scan)?),
            b"kind" => {
                let kind_said = scan.string()?;
                once(&mut kind, CallKind::ALL.into_iter().find(|kind| kind.as_str() == kind_said)?)
            }
            b"other_model" => once(&mut other_model, scan.boolean()?),
            b"replay_of" => once(&mut replay_of, scan.optional(number)?),
            b"usage" => once(&mut usage, scan.optional(tokens)?),
            b"estimated" => once(&mut estimated, scan.boolean()?),
            b"doubts" => once(&mut doubts, list(scan)?),
            b"charged" => once(&mut charged, scan.float()?),
            b"usd" => once(&mut usd, scan.optional(Scan::float)?),
            b"model_asked" => once(&mut model_asked, scan.string()?),
            b"model_served" => once(&mut model_served, scan.optional(Scan::string)?),
            b"losses" => once(&mut losses, list(scan)?),
            _ => scan.value().map(|_| ()),
        })?;
        Some(Self {
            trial: tag.filter(|tag| *tag == "call").and(trial.map(Text::from))?,
            try_number: try_number?,
            call: call?,
            kind: kind?,
            other_model: other_model.unwrap_or_default(),
            replay_of: replay_of.flatten(),
            usage: usage.flatten(),
            estimated: estimated?,
            doubts: doubts.unwrap_or_default(),
            charged: charged?,
            usd: usd.flatten(),
            model_asked: model_asked.map(Text::from)?,
            model_served: model_served.flatten().map(Text::from),
            losses: losses.unwrap_or_default(),
        })
    }
}

fn number(scan: &mut Scan<'_>) -> Option<u32> {
    u32::try_from(scan.whole()?).ok()
}

fn tokens(scan: &mut Scan<'_>) -> Option<Usage> {
    let (mut input_uncached, mut cache_read, mut cache_write) = (None, None, None);
    let (mut output, mut reasoning) = (None, None);
    scan.object(|scan, name| match name {
        b"input_uncached" => once(&mut input_uncached, scan.whole()?),
        b"cache_read" => once(&mut cache_read, scan.whole()?),
        b"cache_write" => once(&mut cache_write, scan.whole()?),
        b"output" => once(&mut output, scan.whole()?),
        b"reasoning" => once(&mut reasoning, scan.whole()?),
        _ => scan.value().map(|_| ()),
    })?;
    Some(Usage {
        input_uncached: input_uncached?,
        cache_read: cache_read?,
        cache_write: cache_write?,
        output: output?,
        reasoning: reasoning?,
    })
}

/// A list, which is nearly always empty.
fn list<T: de::DeserializeOwned>(scan: &mut Scan<'_>) -> Option<Vec<T>> {
    match scan.value()? {
        b"[]" => Some(Vec::new()),
        items => serde_json::from_slice(items).ok(),
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

impl<'l> Let<'l> {
    /// Reads the event; `None` where it is not canonical text of one.
    pub(crate) fn scan(scan: &mut Scan<'l>) -> Option<Self> {
        let (mut tag, mut trial, mut try_number, mut call) = (None, None, None, None);
        scan.object(|scan, name| match name {
            b"event" => once(&mut tag, scan.string()?),
            b"trial" => once(&mut trial, scan.string()?),
            b"try_number" => once(&mut try_number, number(scan)?),
            b"call" => once(&mut call, number(scan)?),
            _ => scan.value().map(|_| ()),
        })?;
        let trial = tag.filter(|tag| *tag == "call_started").and(trial.map(Text::from))?;
        Some(Self { trial, try_number: try_number?, call: call? })
    }
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

impl Brief<'_> {
    /// The trial it is about; `None` when it is about the run.
    pub fn trial(&self) -> Option<&str> {
        match self {
            Self::Call(call) => Some(&call.trial),
            Self::Let(call) => Some(&call.trial),
            Self::Other(event) => event.trial().map(|trial| trial.0.as_str()),
        }
    }
}

/// A line of the ledger, calls only as far as they are counted.
#[derive(Debug, PartialEq)]
pub struct BriefLine<'l> {
    /// Place in the ledger, from 0.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The chain's link after it: 64 digits.
    pub hash: Cow<'l, [u8]>,
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

impl<'l> From<&'l str> for Text<'l> {
    fn from(text: &'l str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

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
