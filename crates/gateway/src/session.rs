//! One trial's way through the gateway.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use ledger::{Outcome, TrialId, event::Usage};
use secrecy::SecretString;
use spec::{
    harness::Exhausted,
    sweep::{Helpers, Settings},
};

use crate::{body::BodyStream, meter::Meter, sim};

/// Set to `1` on every answer that says the budget is gone, so that our own loop need not read the text.
pub const EXHAUSTED_HEADER: &str = "x-overhang-exhausted";

/// What a session is opened with.
#[derive(Clone, Debug)]
pub struct SessionSpec {
    /// The trial.
    pub trial: TrialId,
    /// Which try, from 1.
    pub try_number: u32,
    /// The model under test: a profile's id.
    pub model: String,
    /// Budget in the meter's units.
    pub budget: f64,
    /// What turns a call's usage into budget units.
    pub meter: Meter,
    /// Whose sampling settings reach the provider.
    pub settings: Settings,
    /// What becomes of calls that ask for another model.
    pub helpers: Helpers,
    /// What is answered once the budget is gone.
    pub exhausted: Exhausted,
    /// Most calls, free ones left out.
    pub max_calls: u32,
    /// What `sim` knows of the trial; needed when the model is simulated.
    pub sim: Option<sim::Brief>,
}

/// Why a session lets no more calls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The budget is gone.
    Budget,
    /// The calls are used up.
    Calls,
}

/// What a session has seen so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The budget.
    pub budget: f64,
    /// Settled budget units.
    pub used: f64,
    /// Held budget units.
    pub held: f64,
    /// `budget - used`, at least 0.
    pub unspent: f64,
    /// US dollars, when the model has prices.
    pub usd: f64,
    /// Calls that were let through.
    pub calls: u32,
    /// Calls whose usage is our estimate.
    pub estimated: u32,
    /// Tokens.
    pub usage: Usage,
    /// Tokens by model served.
    pub by_model: BTreeMap<String, Usage>,
    /// Why it lets no more calls through, and since when, in milliseconds since the Unix epoch.
    pub stopped: Option<(Stopped, u64)>,
    /// Calls answered as exhausted.
    pub after_exhaustion: u32,
    /// Answers that called a tool.
    pub answers_with_tool_calls: u32,
    /// When the first call came, milliseconds since the Unix epoch.
    pub first_call_ms: Option<u64>,
    /// When the last call ended, milliseconds since the Unix epoch.
    pub last_call_ms: Option<u64>,
    /// How the upstream failed in the last call that reached it; absent when that call was answered.
    pub failure: Option<Outcome>,
    /// The same in words.
    pub failure_detail: Option<String>,
    /// Flags raised: `OVERSHOOT`, ….
    pub flags: Vec<String>,
}

/// One trial's way through the gateway. Clones share the session.
#[derive(Clone, Debug)]
pub struct Session(Arc<SessionSpec>);

impl Session {
    /// The bearer token, for this session only.
    pub fn token(&self) -> &SecretString {
        todo!()
    }

    /// What it has seen so far.
    pub fn summary(&self) -> Summary {
        todo!()
    }

    /// Resolves once a call was answered as exhausted (at once if one was).
    pub async fn exhausted(&self) -> Stopped {
        todo!()
    }

    /// Resolves once the upstream failed for good, retries included: the trial cannot go on.
    pub async fn failed(&self) -> Outcome {
        todo!()
    }

    /// A request without a connection, for the bare loop: the same way as those that come over one, save the token.
    pub async fn request(&self, _request: http::Request<Bytes>) -> http::Response<BodyStream> {
        todo!()
    }

    /// Lets nothing more through, cancels what is under way, and returns once all of it is settled and recorded.
    pub async fn close(&self) {
        todo!()
    }
}
