//! How long and how often a provider is asked.

use std::time::Duration;

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
