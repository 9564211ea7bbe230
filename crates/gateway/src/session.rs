//! One trial's way through the gateway.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use secrecy::SecretString;
use spec::{
    Model,
    harness::Exhausted,
    sweep::{Helpers, Losses, ServerTools, Settings},
};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vocabulary::{Flag, Outcome, TrialId, Usage};

use crate::{
    admission::State,
    body::BodyStream,
    cassette::Cassette,
    front,
    gateway::Shared,
    meter::{BoundMeter, Meter},
    sim,
};

/// Large requests of a session that are read at once.
const LARGE_AT_ONCE: usize = 4;

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
    /// What becomes of requests that cannot be carried whole.
    pub losses: Losses,
    /// Whether the provider may run tools of its own.
    pub server_tools: ServerTools,
    /// What is answered once the budget is gone.
    pub exhausted: Exhausted,
    /// Most calls, free ones left out.
    pub max_calls: u32,
    /// What `sim` knows of the trial; needed when the model is simulated.
    pub sim: Option<sim::Brief>,
    /// The record that answers in the provider's place. With one, nothing goes to a provider.
    pub cassette: Option<Arc<Cassette>>,
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
    /// Calls answered as exhausted, in the conversation that had most of them.
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
    /// Requests refused as bad ones before they were calls.
    pub refused: u32,
    /// Calls that were answered by the model, final messages of ours left out.
    pub answered: u32,
    /// Flags raised.
    pub flags: Vec<Flag>,
}

/// One trial's way through the gateway. Clones share the session.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) spec: SessionSpec,
    pub(crate) token: SecretString,
    pub(crate) shared: Arc<Shared>,
    pub(crate) model: Arc<Model>,
    pub(crate) meter: BoundMeter,
    /// What a call costs in US dollars, when the model has prices.
    pub(crate) price: Option<BoundMeter>,
    state: Mutex<State>,
    /// What `sim` knows of the step under way.
    brief: Mutex<Option<Arc<sim::Brief>>>,
    /// A call was settled.
    pub(crate) settled: Notify,
    pub(crate) closing: CancellationToken,
    /// Leave to send a large request.
    pub(crate) large: Semaphore,
    pub(crate) tasks: TaskTracker,
    pub(crate) exhausted: watch::Sender<Option<Stopped>>,
    pub(crate) failed: watch::Sender<Option<Outcome>>,
}

impl Session {
    pub(crate) fn new(
        spec: SessionSpec,
        token: SecretString,
        shared: Arc<Shared>,
        model: Arc<Model>,
        meter: BoundMeter,
        price: Option<BoundMeter>,
    ) -> Self {
        let state = Mutex::new(State::new(spec.budget));
        let brief = Mutex::new(spec.sim.clone().map(Arc::new));
        Self(Arc::new(Inner {
            spec,
            token,
            shared,
            model,
            meter,
            price,
            state,
            brief,
            settled: Notify::new(),
            closing: CancellationToken::new(),
            large: Semaphore::new(LARGE_AT_ONCE),
            tasks: TaskTracker::new(),
            exhausted: watch::Sender::new(None),
            failed: watch::Sender::new(None),
        }))
    }

    /// The bearer token, for this session only.
    pub fn token(&self) -> &SecretString {
        &self.0.token
    }

    /// What it has seen so far.
    pub fn summary(&self) -> Summary {
        self.0.state().summary()
    }

    /// Resolves once a call was answered as exhausted (at once if one was).
    pub async fn exhausted(&self) -> Stopped {
        wait(&self.0.exhausted).await
    }

    /// Resolves once the upstream failed for good, retries included: the trial cannot go on.
    pub async fn failed(&self) -> Outcome {
        wait(&self.0.failed).await
    }

    /// A request without a connection, for the bare loop: the same way as those that come over one, save the token.
    pub async fn request(&self, request: http::Request<Bytes>) -> http::Response<BodyStream> {
        let (head, body) = request.into_parts();
        front::handle(self, head, body).await
    }

    /// Gives `sim` what it knows of the next step of the same trial.
    pub fn play(&self, brief: Option<sim::Brief>) {
        *self.0.brief.lock().unwrap_or_else(PoisonError::into_inner) = brief.map(Arc::new);
    }

    /// Lets nothing more through, cancels what is under way, and returns once all of it is settled and recorded.
    pub async fn close(&self) {
        self.0.closing.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("trial", &self.0.spec.trial).finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn brief(&self) -> Option<Arc<sim::Brief>> {
        self.brief.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sender lives in the session, which the caller holds: the wait cannot end otherwise.
async fn wait<T: Copy>(sender: &watch::Sender<Option<T>>) -> T {
    let mut receiver = sender.subscribe();
    loop {
        if let Some(value) = *receiver.borrow_and_update() {
            return value;
        }
        if receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
