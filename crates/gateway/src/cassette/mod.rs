//! A recorded trial's calls, which answer a replay of it in the provider's place.
//!
//! A run's own record is the cassette: the calls in its ledger and the bodies beside it.

mod text;

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use ledger::{BlobStore, CallRecord, Digest, blobs::BlobError, chain::sha256_hex, event::CallKind};
use spec::harness::Normaliser;

use crate::reply::EVENT_STREAM;
use text::Normalisers;

/// Largest recorded body, in bytes; the gateway records none that is larger.
const LARGEST: u64 = 65 << 20;

/// The recorded calls of one trial. Each answers once.
#[derive(Debug)]
pub struct Cassette {
    blobs: BlobStore,
    normalisers: Normalisers,
    require_hit: bool,
    tape: Mutex<Tape>,
}

/// Why a trial's record cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// A normaliser is no regular expression.
    #[error("normaliser: {0}")]
    Normaliser(#[from] regex::Error),
    /// A recorded body cannot be read.
    #[error("recorded call {call}: {source}")]
    Body {
        /// Number of the call.
        call: u32,
        /// Why.
        source: BlobError,
    },
    /// A call whose bodies were not recorded.
    #[error("recorded call {0} has no bodies")]
    NoBody(u32),
}

#[derive(Debug)]
struct Tape {
    calls: Vec<Recorded>,
    /// A request was not the recorded one, and hits are required: nothing is answered any more.
    torn: bool,
}

#[derive(Debug)]
struct Recorded {
    record: CallRecord,
    request: Digest,
    response: Digest,
    /// SHA-256 of the normalised request.
    hash: String,
    /// Messages in the request.
    turns: usize,
    played: bool,
}

/// A request to be answered.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) kind: CallKind,
    /// Whether the client reads server-sent events.
    pub(crate) events: bool,
    pub(crate) body: Bytes,
}

/// What the record has for a request.
#[derive(Debug)]
pub(crate) struct Found {
    /// The recorded call and its answer's bytes; `None` when the request is to be refused.
    pub(crate) answer: Option<(Box<CallRecord>, Vec<u8>)>,
    /// Whether the request is not the recorded one.
    pub(crate) diverged: bool,
    /// From the recorded request to this one, both normalised.
    pub(crate) diff: Option<String>,
    /// What is wrong, in words.
    pub(crate) detail: String,
}

impl Cassette {
    /// The calls of one try, in order. `normalisers` are those of the trial's harness. With `require_hit` a request
    /// that is not the recorded one is refused, and so is all that follows.
    ///
    /// # Errors
    /// When a body is missing or damaged, or a normaliser is no regular expression.
    pub fn load(
        blobs: BlobStore,
        calls: &[CallRecord],
        normalisers: &[Normaliser],
        require_hit: bool,
    ) -> Result<Self, CassetteError> {
        let normalisers = Normalisers::new(normalisers)?;
        // Those answered as exhausted are answered so again, by the budget.
        let calls = calls.iter().filter(|call| call.ending != vocabulary::CallEnding::Exhausted);
        let recorded = |call: &CallRecord| {
            let (Some(request), Some(response)) = (&call.request, &call.response) else {
                return Err(CassetteError::NoBody(call.call));
            };
            let body = blobs.get_at_most(request, LARGEST);
            let body = body.map_err(|source| CassetteError::Body { call: call.call, source })?;
            Ok(Recorded {
                record: call.clone(),
                request: request.clone(),
                response: response.clone(),
                hash: sha256_hex(normalisers.text(&body).as_bytes()),
                turns: text::turns(&body),
                played: false,
            })
        };
        let calls = calls.map(recorded).collect::<Result<_, _>>()?;
        Ok(Self { tape: Mutex::new(Tape { calls, torn: false }), blobs, normalisers, require_hit })
    }

    /// Finds what answers a request: the call recorded for it, else the one recorded at the same place, which is the
    /// next of its kind after as many messages. May block.
    pub(crate) fn find(&self, asked: &Asked) -> io::Result<Found> {
        let text = self.normalisers.text(&asked.body);
        let hash = sha256_hex(text.as_bytes());
        let turns = text::turns(&asked.body);
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let torn = tape.torn;
        let free = |call: &Recorded| !call.played && call.answers(asked);
        let hit = tape.calls.iter().position(|call| free(call) && call.hash == hash);
        let place = hit.or_else(|| {
            let there = |call: &Recorded| call.record.kind == asked.kind && call.turns == turns;
            tape.calls.iter().position(|call| free(call) && there(call))
        });
        let diverged = hit.is_none();
        tape.torn |= self.require_hit && diverged;
        let refused = self.require_hit && (torn || diverged);
        let mut there = None;
        if let Some(call) = place.and_then(|place| tape.calls.get_mut(place)) {
            call.played |= !refused;
            there = Some((call.record.clone(), call.request.clone(), call.response.clone()));
        }
        drop(tape);
        let Some((record, request, response)) = there else {
            let detail = format!("the record holds no further {} call after {turns} messages", asked.kind);
            return Ok(Found { answer: None, diverged, diff: None, detail });
        };
        let (diff, detail) = if diverged {
            let recorded = self.normalisers.text(&self.body(&request)?);
            let detail = format!("the request is not what was recorded as call {}", record.call);
            (Some(text::diff(&recorded, &text)), detail)
        } else {
            (None, "an earlier request was not the recorded one".to_owned())
        };
        let answer = if refused { None } else { Some((Box::new(record), self.body(&response)?)) };
        Ok(Found { answer, diverged, diff, detail })
    }

    /// Whether a request that is not the recorded one is refused.
    pub(crate) fn require_hit(&self) -> bool {
        self.require_hit
    }

    fn body(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        self.blobs.get_at_most(digest, LARGEST).map_err(io::Error::other)
    }
}

impl Recorded {
    /// Whether its answer has the form that the client reads.
    fn answers(&self, asked: &Asked) -> bool {
        let events = self.record.content_type.as_deref().map(|form| form.starts_with(EVENT_STREAM));
        self.record.status != 200 || events.is_none_or(|events| events == asked.events)
    }
}
