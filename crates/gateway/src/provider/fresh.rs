//! A secret that ends, as it was just had.

use std::time::Duration;

use secrecy::SecretString;

/// A secret as its source gave it.
pub(super) struct Fresh {
    pub(super) secret: SecretString,
    /// After this, another one is asked for.
    pub(super) renew: Duration,
    /// After this, it is of no use.
    pub(super) ends: Duration,
}

impl Fresh {
    /// A token that ends. Another is asked for five minutes before, or when a quarter of a short life is left.
    pub(super) fn ending(secret: SecretString, ends: Duration) -> Self {
        let margin = (ends / 4).min(Duration::from_secs(300));
        Self { secret, renew: ends.saturating_sub(margin), ends }
    }
}
