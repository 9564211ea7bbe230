//! Connections that have shown no token yet. They are few and are closed after a while, so that they cannot keep out a
//! client that has one: each takes a descriptor, and a process has no more than its system lets it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// Most of them. One more closes the oldest: a client that has a token shows it at once.
pub(crate) const MOST: usize = 128;

/// How long one may take to show a token.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connections of a server that have shown no token.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    /// How many there have been.
    seen: u64,
    /// By when they came.
    open: BTreeMap<u64, CancellationToken>,
}

/// One of them, until it is dropped or known.
#[derive(Debug)]
pub(crate) struct Stranger {
    number: u64,
    all: Arc<Strangers>,
    sent_away: CancellationToken,
}

impl Strangers {
    /// Takes in a new one. The oldest goes where they are too many.
    pub(crate) fn enter(self: &Arc<Self>) -> Stranger {
        let sent_away = CancellationToken::new();
        let mut all = self.lock();
        all.seen += 1;
        let number = all.seen;
        all.open.insert(number, sent_away.clone());
        if all.open.len() > MOST
            && let Some((_, oldest)) = all.open.pop_first()
        {
            oldest.cancel();
        }
        Stranger { number, all: Arc::clone(self), sent_away }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stranger {
    /// It has shown a token.
    pub(crate) fn known(&self) {
        self.all.lock().open.remove(&self.number);
    }

    /// Resolves when it must go; never once it is known.
    pub(crate) async fn sent_away(&self) {
        if tokio::time::timeout(PATIENCE, self.sent_away.cancelled()).await.is_ok() {
            return;
        }
        if self.all.lock().open.remove(&self.number).is_none() {
            self.sent_away.cancelled().await;
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.known();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_goes_and_those_that_are_known_stay() {
        let all = Arc::new(Strangers::default());
        let first = all.enter();
        let second = all.enter();
        first.known();
        let more: Vec<Stranger> = (0..MOST).map(|_| all.enter()).collect();
        second.sent_away().await;
        let soon = Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, more[0].sent_away()).await.is_err());
        drop(more);
        assert!(all.lock().open.is_empty());
        assert!(tokio::time::timeout(10 * PATIENCE, first.sent_away()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_never_shows_a_token_goes_after_a_while() {
        let all = Arc::new(Strangers::default());
        let (silent, known) = (all.enter(), all.enter());
        known.known();
        tokio::time::timeout(PATIENCE + Duration::from_secs(1), silent.sent_away()).await.unwrap();
        assert!(tokio::time::timeout(10 * PATIENCE, known.sent_away()).await.is_err());
    }
}
