//! One trial's way through the gateway.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use spec::{
    Model,
    harness::Exhausted,
    sweep::{Helpers, Losses, ServerTools, Settings},
};
use tokio::sync::{Notify, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vocabulary::{Outcome, TrialId};

use crate::{
    cassette::Cassette,
    config::GatewayConfig,
    intake::Intake,
    meter::{BoundMeter, Meter},
    providers::Providers,
    recorder::Recorder,
    sim,
    state::{SessionState, Stopped, Summary},
};

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
    /// Whether its requests are written by this program, as the bare loop's are: their form is then ours.
    pub ours: bool,
    /// What is answered once the budget is gone.
    pub exhausted: Exhausted,
    /// Most requests that are let through.
    pub max_calls: u32,
    /// Most room that the bodies of its calls may take, in bytes. Nothing is let through beyond it.
    pub disk: u64,
    /// What `sim` knows of the trial; needed when the model is simulated.
    pub sim: Option<sim::Brief>,
    /// The record that answers in the provider's place. With one, nothing goes to a provider.
    pub cassette: Option<Arc<Cassette>>,
}

/// One trial's way through the gateway. Clones share the session.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) spec: SessionSpec,
    pub(crate) token: SecretString,
    pub(crate) providers: Arc<Providers>,
    pub(crate) recorder: Arc<dyn Recorder>,
    /// Silence after which a waiting client is sent a keep-alive.
    pub(crate) keep_alive: Duration,
    pub(crate) model: Arc<Model>,
    pub(crate) meter: BoundMeter,
    /// What a call costs in US dollars, when the model has prices.
    pub(crate) price: Option<BoundMeter>,
    state: Mutex<SessionState>,
    /// What `sim` knows of the step under way.
    brief: Mutex<Option<Arc<sim::Brief>>>,
    /// A call was settled.
    pub(crate) settled: Notify,
    pub(crate) closing: CancellationToken,
    /// What bounds its requests.
    pub(crate) intake: Intake,
    pub(crate) tasks: TaskTracker,
    pub(crate) exhausted: watch::Sender<Option<Stopped>>,
    pub(crate) failed: watch::Sender<Option<Outcome>>,
    /// The room that the bodies of its calls take, in bytes.
    pub(crate) stored: watch::Sender<u64>,
}

impl Session {
    pub(crate) fn new(
        spec: SessionSpec,
        token: SecretString,
        model: Arc<Model>,
        meter: BoundMeter,
        price: Option<BoundMeter>,
        providers: Arc<Providers>,
        config: &GatewayConfig,
    ) -> Self {
        #[cfg(feature = "otlp")]
        let recorder = crate::telemetry::told(&config.recorder, &model);
        #[cfg(not(feature = "otlp"))]
        let recorder = Arc::clone(&config.recorder);
        let state = Mutex::new(SessionState::new(spec.budget));
        let brief = Mutex::new(spec.sim.clone().map(Arc::new));
        Self(Arc::new(Inner {
            spec,
            token,
            providers,
            recorder,
            keep_alive: config.keep_alive,
            model,
            meter,
            price,
            state,
            brief,
            settled: Notify::new(),
            closing: CancellationToken::new(),
            intake: Intake::new(),
            tasks: TaskTracker::new(),
            exhausted: watch::Sender::new(None),
            failed: watch::Sender::new(None),
            stored: watch::Sender::new(0),
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

    /// Resolves once the upstream failed for good, retries included. The trial can go on only if its client finds a way
    /// round it: [`Summary::failure`] says whether it did.
    pub async fn failed(&self) -> Outcome {
        wait(&self.0.failed).await
    }

    /// The room that the bodies of its calls take by now, in bytes.
    pub fn stored(&self) -> u64 {
        *self.0.stored.borrow()
    }

    /// Resolves once they take more than the session was opened with.
    pub async fn full(&self) {
        // The sender lives in the session.
        drop(self.0.stored.subscribe().wait_for(|stored| *stored > self.0.spec.disk).await);
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
    /// Whether the bodies of its calls take all the room that there is.
    pub(crate) fn is_full(&self) -> bool {
        *self.stored.borrow() > self.spec.disk
    }

    pub(crate) fn brief(&self) -> Option<Arc<sim::Brief>> {
        self.brief.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, SessionState> {
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
