//! What detectors look at.

use ledger::{
    BlobStore, CallRecord, PlannedTrial,
    event::{CallKind, TrialEnd},
};
use transcript::{Call, Transcript};

use crate::{
    finding::{Body, Place, State},
    inputs::TrialInputs,
};

/// Everything on record of a trial's last try.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The trial.
    pub trial: &'a PlannedTrial,
    /// Its end. Its flags are not complete while it is being written.
    pub end: &'a TrialEnd,
    /// Its calls as metered.
    pub calls: &'a [CallRecord],
    /// The same calls with what was said.
    pub transcript: Transcript,
    /// What its agent was given.
    pub inputs: TrialInputs<'a>,
    /// Where workspaces and outputs are stored.
    pub blobs: &'a BlobStore,
}

/// The request that opens the main conversation.
#[derive(Debug)]
pub struct Opening {
    /// Its texts.
    pub text: String,
    /// Where it is.
    pub place: Place,
}

impl Opening {
    /// Whether it holds a text, byte for byte but for space around it. Nothing holds an empty one.
    pub fn holds(&self, text: &str) -> bool {
        !text.trim().is_empty() && self.text.contains(text.trim())
    }
}

impl Evidence<'_> {
    /// The first request of the main conversation that offers tools: one without is a call beside it, unless the harness
    /// can do without.
    ///
    /// # Errors
    /// Where there is none: what a detector says that looks into it.
    pub fn opening(&self) -> Result<Opening, State> {
        if self.main().next().is_none() {
            return Err(State::not_applicable("no call of the main conversation was made"));
        }
        let toolless = self.inputs.tools.is_some_and(|tools| !tools.always_offered);
        let opening = self.main().find_map(|call| {
            let asked = call.asked().filter(|asked| toolless || !asked.tools.is_empty())?;
            Some(Opening { text: asked.text(), place: request(call)? })
        });
        opening.ok_or_else(|| State::unknown("no request that could be read opens the main conversation"))
    }

    /// The calls of the main conversation.
    pub fn main(&self) -> impl Iterator<Item = &Call> {
        self.transcript.calls.iter().filter(|call| call.kind == CallKind::Main)
    }
}

/// A call's whole request; `None` when none was recorded.
pub(crate) fn request(call: &Call) -> Option<Place> {
    let digest = call.request.as_ref()?.digest.clone();
    Some(Place { call: call.number, body: Body::Request, digest, step: None, bytes: None })
}
