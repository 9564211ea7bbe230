//! What a gateway is made with.

use std::{sync::Arc, time::Duration};

use spec::Model;

use crate::{keys::Keys, recorder::Recorder};

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

/// Bounds of upstream calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// Most tries of one call, the first included. Retried before the first body byte only.
    pub tries: u32,
    /// Longest time between the first try and the start of the last one.
    pub envelope: Duration,
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest silence of an upstream under way, and longest wait for the head of its answer.
    pub silence: Duration,
    /// First pause between tries; doubles with each.
    pub pause: Duration,
}

impl Default for UpstreamLimits {
    fn default() -> Self {
        Self {
            tries: 5,
            envelope: Duration::from_secs(120),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(600),
            pause: Duration::from_millis(500),
        }
    }
}
