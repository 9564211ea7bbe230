//! Why a provider gave no answer, and what that means for the call and its trial.

use std::time::Duration;

use bytes::Bytes;
use dialect::ErrorKind;
use ledger::Outcome;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// In words, without anything of the host or the key.
    pub(crate) detail: String,
    /// The error's status and body as they came, when there were any.
    pub(crate) answer: Option<(u16, Bytes)>,
    pub(crate) retry: Retry,
    /// Whether the provider will have billed what it did.
    pub(crate) billed: bool,
}

/// Whether another try may help, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It would fail in the same way.
    Never,
    /// After a pause of our own choice.
    Paused,
    /// After as long as the provider asks to wait.
    After(Duration),
}

impl Retry {
    /// How long the provider asks to wait.
    pub(crate) fn asked(self) -> Option<Duration> {
        match self {
            Self::After(wait) => Some(wait),
            Self::Never | Self::Paused => None,
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), answer: None, retry: Retry::Never, billed: false }
    }

    pub(crate) fn worth_a_retry(mut self) -> Self {
        self.retry = Retry::Paused;
        self
    }

    pub(crate) fn after_work(mut self) -> Self {
        self.billed = true;
        self
    }

    /// The outcome of a trial that cannot go on for this; `None` where the request itself was refused.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.kind {
            ErrorKind::RateLimit => Some(Outcome::Provider429),
            ErrorKind::Overloaded | ErrorKind::Upstream => Some(Outcome::Provider5xx),
            ErrorKind::Authentication | ErrorKind::Permission | ErrorKind::Billing => {
                Some(Outcome::ProviderAuth)
            }
            ErrorKind::Internal => Some(Outcome::OrchBug),
            ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::Method | ErrorKind::TooLarge => None,
        }
    }
}
