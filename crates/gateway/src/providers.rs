//! What all sessions share on their way to providers: the client, the keys, the throttles, and the spend cap. Knows no
//! session.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use spec::{Model, model::Endpoint};
use tokio::sync::{Notify, watch};

use crate::{
    budget::Pool,
    config::GatewayConfig,
    keys::Keys,
    provider::{self, Provider, Throttle, UpstreamLimits},
};

/// The providers of a gateway's models.
pub(crate) struct Providers {
    pub(crate) client: reqwest::Client,
    pub(crate) limits: UpstreamLimits,
    pub(crate) keys: Keys,
    pub(crate) cap: Option<SpendCap>,
    /// How each model with an endpoint is reached, by its id.
    reached: BTreeMap<String, Reached>,
}

/// How a model is reached.
pub(crate) struct Reached {
    pub(crate) provider: Box<dyn Provider>,
    /// Shared by the models of one base URL.
    pub(crate) throttle: Arc<Throttle>,
}

/// The spend cap above all sessions, in US dollars.
pub(crate) struct SpendCap {
    pool: Mutex<Pool>,
    pub(crate) settled: Notify,
    pub(crate) reached: watch::Sender<bool>,
}

impl Providers {
    /// Those that `of` gives for the endpoints of `config`.
    ///
    /// # Errors
    /// When the client cannot be made, in words.
    pub(crate) fn new(
        config: &GatewayConfig,
        of: impl Fn(&Endpoint) -> Box<dyn Provider>,
    ) -> Result<Self, String> {
        let models = || config.models.iter().filter_map(|model| Some((model, model.endpoint.as_ref()?)));
        let encrypted = models().any(|(_, endpoint)| endpoint.base_url.starts_with("https:"));
        let mut throttles: BTreeMap<&str, Arc<Throttle>> = BTreeMap::new();
        let reached = models().map(|(model, endpoint)| {
            let throttle = throttles.entry(&endpoint.base_url).or_insert_with(Throttle::new);
            (model.id.clone(), Reached { provider: of(endpoint), throttle: Arc::clone(throttle) })
        });
        Ok(Self {
            reached: reached.collect(),
            client: provider::client(&config.upstream, encrypted)?,
            limits: config.upstream.clone(),
            keys: config.keys.clone(),
            cap: config.spend_cap_usd.map(|usd| SpendCap {
                pool: Mutex::new(Pool::new(usd, config.spent_usd)),
                settled: Notify::new(),
                reached: watch::Sender::new(false),
            }),
        })
    }

    /// How a model is reached; `None` for one without an endpoint.
    pub(crate) fn reached(&self, model: &Model) -> Option<&Reached> {
        self.reached.get(&model.id)
    }
}

impl SpendCap {
    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
