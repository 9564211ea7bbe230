//! Tokens, and what was spent.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tokens of one call or many, disjoint: their sum is every token in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Input neither read from nor written to a cache.
    pub input_uncached: u64,
    /// Input read from the cache.
    pub cache_read: u64,
    /// Input written to the cache.
    pub cache_write: u64,
    /// Output without reasoning.
    pub output: u64,
    /// Reasoning output, where the provider tells it apart; else part of `output`.
    pub reasoning: u64,
}

impl Usage {
    /// All input tokens. Sums saturate: the counts are a provider's word.
    pub fn input(&self) -> u64 {
        self.input_uncached.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// All tokens.
    pub fn total(&self) -> u64 {
        self.input().saturating_add(self.output).saturating_add(self.reasoning)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.input_uncached, other.input_uncached),
            (&mut self.cache_read, other.cache_read),
            (&mut self.cache_write, other.cache_write),
            (&mut self.output, other.output),
            (&mut self.reasoning, other.reasoning),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// What a try or trial spent.
///
/// **A call** is a request on which a model spent tokens, by the provider's word or by our estimate. Counts of calls, in
/// ledger, reports and flags, are counts of these. A request that was refused, by us or by the provider, that failed before
/// anything was spent, or that got our own final message is none: it is recorded, and free. A sweep's limit on turns bounds
/// requests that are let through, since a client may go on asking what is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// Calls.
    pub calls: u32,
    /// Tokens.
    pub usage: Usage,
    /// Budget units.
    pub charged: f64,
    /// US dollars; 0 for models without prices.
    pub usd: f64,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.usage += other.usage;
        self.charged += other.charged;
        self.usd += other.usd;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate() {
        let mut usage = Usage { output: u64::MAX, input_uncached: 3, ..Usage::default() };
        usage += Usage { output: 1, cache_read: 4, ..Usage::default() };
        assert_eq!((usage.input(), usage.total()), (7, u64::MAX));
    }
}
