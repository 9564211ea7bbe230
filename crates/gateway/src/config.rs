//! What a gateway is made with.

use std::{sync::Arc, time::Duration};

use spec::Model;

use crate::{keys::Keys, provider::UpstreamLimits, recorder::Recorder};

/// What a gateway is made with.
#[derive(Clone)]
pub struct GatewayConfig {
    /// The models that sessions may be opened for.
    pub models: Vec<Model>,
    /// Their keys.
    pub keys: Keys,
    /// Where calls are written down.
    pub recorder: Arc<dyn Recorder>,
    /// Most that all sessions together may cost, in US dollars. Every model then needs prices, or is `sim`.
    pub spend_cap_usd: Option<f64>,
    /// What was spent before this gateway was made (a resumed run), in US dollars: counts against the cap.
    pub spent_usd: f64,
    /// Bounds of upstream calls.
    pub upstream: UpstreamLimits,
    /// Silence after which a waiting client is sent a keep-alive.
    pub keep_alive: Duration,
}

impl GatewayConfig {
    /// A configuration without spend cap and with the usual bounds.
    pub fn new(models: Vec<Model>, keys: Keys, recorder: Arc<dyn Recorder>) -> Self {
        Self {
            models,
            keys,
            recorder,
            spend_cap_usd: None,
            spent_usd: 0.0,
            upstream: UpstreamLimits::default(),
            keep_alive: Duration::from_secs(15),
        }
    }
}
