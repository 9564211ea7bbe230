//! The gateway itself: its sessions, and what they share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use spec::{Model, model::Endpoint};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    config::GatewayConfig,
    front,
    meter::{BindError, Meter},
    provider::{self, Provider},
    providers::Providers,
    session::{Inner, Session, SessionSpec},
};

/// All sessions of a run, and what they share. Clones share the gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    config: GatewayConfig,
    providers: Arc<Providers>,
    models: BTreeMap<String, Arc<Model>>,
    sessions: Mutex<Vec<Weak<Inner>>>,
}

/// Why a gateway or a session cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The model is unknown.
    #[error("model `{0}` is not one of the gateway's")]
    UnknownModel(String),
    /// The meter does not go with the model.
    #[error("model `{model}`: {source}")]
    Meter {
        /// The model's id.
        model: String,
        /// Why.
        source: BindError,
    },
    /// A spend cap needs prices.
    #[error("model `{0}` has no prices, and the spend cap needs them: add [prices] to its profile")]
    CapWithoutPrices(String),
    /// The budget is not a positive number.
    #[error("a budget of {0} lets nothing through: it must be above 0")]
    Budget(f64),
    /// A simulated model was opened without its brief, or a model has neither endpoint nor `sim`.
    #[error("model `{0}` has no endpoint, and no brief to simulate it by")]
    NoUpstream(String),
    /// The HTTP client could not be made.
    #[error("the upstream client cannot be made: {0}")]
    Client(String),
    /// No random bytes for a token.
    #[error("no random bytes for a token: {0}")]
    Random(String),
}

impl Gateway {
    /// A gateway for the models of a run.
    ///
    /// # Errors
    /// When the upstream client cannot be made (the file that `OVERHANG_CA_BUNDLE` names cannot be read, say), or a
    /// spend cap meets a model without prices.
    pub fn new(config: GatewayConfig) -> Result<Self, OpenError> {
        Self::reaching(config, provider::of)
    }

    /// A gateway that reaches its models through what `of` gives.
    pub(crate) fn reaching(
        config: GatewayConfig,
        of: impl Fn(&Endpoint) -> Box<dyn Provider>,
    ) -> Result<Self, OpenError> {
        let unpriced = config.models.iter().find(|model| model.prices.is_none() && model.sim.is_none());
        if let (Some(_), Some(model)) = (config.spend_cap_usd, unpriced) {
            return Err(OpenError::CapWithoutPrices(model.id.clone()));
        }
        let providers = Arc::new(Providers::new(&config, of).map_err(OpenError::Client)?);
        let models = config.models.iter().map(|model| (model.id.clone(), Arc::new(model.clone()))).collect();
        Ok(Self(Arc::new(Shared { config, providers, models, sessions: Mutex::default() })))
    }

    /// Opens a session with a token of its own.
    ///
    /// # Errors
    /// When the model is unknown, or lacks what the meter needs.
    pub fn open(&self, spec: SessionSpec) -> Result<Session, OpenError> {
        let mut random = [0; 24];
        getrandom::fill(&mut random).map_err(|error| OpenError::Random(error.to_string()))?;
        // A prefix, so that a token found in a log is known for what it is; long enough for clients that check.
        self.open_with(spec, format!("sk-overhang-{}", URL_SAFE_NO_PAD.encode(random)).into())
    }

    /// Opens a session with this token.
    ///
    /// # Errors
    /// When the model is unknown, or lacks what the meter needs.
    pub fn open_with(&self, spec: SessionSpec, token: SecretString) -> Result<Session, OpenError> {
        let Some(model) = self.0.models.get(&spec.model) else {
            return Err(OpenError::UnknownModel(spec.model));
        };
        if !(spec.budget > 0.0 && spec.budget.is_finite()) {
            return Err(OpenError::Budget(spec.budget));
        }
        if model.endpoint.is_none() && (model.sim.is_none() || spec.sim.is_none()) {
            return Err(OpenError::NoUpstream(spec.model));
        }
        let wrong = |source| OpenError::Meter { model: spec.model.clone(), source };
        let meter = spec.meter.bind(model.prices.as_ref()).map_err(wrong)?;
        let price = Meter::parse("price").ok();
        let price =
            price.filter(|_| model.prices.is_some()).and_then(|price| price.bind(model.prices.as_ref()).ok());
        let (model, providers) = (Arc::clone(model), Arc::clone(&self.0.providers));
        let session = Session::new(spec, token, model, meter, price, providers, &self.0.config);
        let mut sessions = self.0.sessions();
        sessions.retain(|session| session.strong_count() > 0);
        sessions.push(Arc::downgrade(&session.0));
        drop(sessions);
        Ok(session)
    }

    /// Serves HTTP/1 on one connection until it ends. `only`: whose tokens it accepts; any session's when absent.
    pub async fn serve(
        &self,
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        only: Option<&Session>,
    ) {
        let sessions = match only {
            Some(session) => vec![session.clone()],
            None => self.0.sessions().iter().filter_map(Weak::upgrade).map(Session).collect(),
        };
        front::serve(io, sessions).await;
    }

    /// Resolves once the spend cap is reached; never without one.
    pub async fn cap_reached(&self) {
        let Some(cap) = &self.0.providers.cap else { return std::future::pending().await };
        if cap.reached.subscribe().wait_for(|reached| *reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// US dollars spent by all sessions under the spend cap, those before a resumption included; 0 without a cap.
    pub fn spent_usd(&self) -> f64 {
        self.0.providers.cap.as_ref().map_or(0.0, |cap| cap.pool().used)
    }
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, Vec<Weak<Inner>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("keys", &self.0.config.keys).finish_non_exhaustive()
    }
}
