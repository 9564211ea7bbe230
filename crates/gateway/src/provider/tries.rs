//! The tries of one call: how many, and the pauses between them.

use std::time::{Duration, Instant};

use super::{
    failure::{Failure, Retry},
    limits::UpstreamLimits,
};

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    limits: UpstreamLimits,
    began: Instant,
    made: u32,
}

impl Tries {
    pub(crate) fn new(limits: UpstreamLimits) -> Self {
        Self { limits, began: Instant::now(), made: 1 }
    }

    /// The pause before the next try; `None` when there is none.
    pub(crate) fn next(&mut self, failure: &Failure) -> Option<Duration> {
        let pause = match failure.retry {
            Retry::Never => return None,
            Retry::Paused => self.pause(),
            Retry::After(asked) => asked,
        };
        if self.made >= self.limits.tries || self.began.elapsed() + pause > self.limits.envelope {
            return None;
        }
        self.made += 1;
        Some(pause)
    }

    /// Doubles with each try. Many trials fail at once: they must not all come back at once.
    fn pause(&self) -> Duration {
        let doubled = self.limits.pause * 2u32.saturating_pow(self.made - 1);
        let jitter = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 2.0;
        doubled + doubled.mul_f64(jitter)
    }

    /// How many were made.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }
}
