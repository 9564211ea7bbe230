//! How many calls one provider gets at once: more while it answers, half as many once it says that they are too many,
//! and none for as long as it says.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Calls at once to a provider that nothing is known of yet.
const FIRST: f64 = 256.0;
/// Never more than this.
const MOST: f64 = 4096.0;

/// Longest that calls wait because another was told to: one answer must not stop a sweep.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The calls under way to one provider, and how many may be.
#[derive(Debug)]
pub(crate) struct Throttle {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    limit: f64,
    under_way: u32,
    /// Times the limit was cut: calls that began before the last cut do not cut it again.
    cuts: u64,
    /// Nothing goes out before.
    closed_until: Option<Instant>,
}

/// One call's place among those under way; given up when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    throttle: Arc<Throttle>,
    cuts: u64,
}

impl Throttle {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { limit: FIRST, under_way: 0, cuts: 0, closed_until: None }),
            changed: Notify::new(),
        })
    }

    /// Waits for a place.
    pub(crate) async fn enter(self: &Arc<Self>) -> Place {
        loop {
            let changed = self.changed.notified();
            let closed_until = self.state().closed_until.filter(|until| *until > Instant::now());
            match closed_until {
                Some(until) => sleep_until(until).await,
                None => match self.try_enter() {
                    Some(place) => return place,
                    None => changed.await,
                },
            }
        }
    }

    fn try_enter(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state();
        (f64::from(state.under_way) + 1.0 <= state.limit).then(|| {
            state.under_way += 1;
            Place { throttle: Arc::clone(self), cuts: state.cuts }
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The provider answered: by and by one more fits.
    pub(crate) fn clean(&self) {
        let mut state = self.throttle.state();
        // Until it was first too many, each answer makes room for one more; then a whole round of answers does.
        let step = if state.cuts == 0 { 1.0 } else { 1.0 / state.limit };
        state.limit = (state.limit + step).min(MOST);
    }

    /// The provider said that it is too many: half of what was under way, and none before the pause it asked for.
    pub(crate) fn too_many(&self, pause: Option<Duration>) {
        let mut state = self.throttle.state();
        let until = pause.map(|pause| Instant::now() + pause.min(LONGEST_PAUSE));
        state.closed_until = state.closed_until.max(until);
        if state.cuts == self.cuts {
            state.limit = (state.limit.min(f64::from(state.under_way)) / 2.0).max(1.0);
            state.cuts += 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.throttle.state().under_way -= 1;
        // All look again: the limit may have grown by more than this place.
        self.throttle.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes all the places there are.
    fn fill(throttle: &Arc<Throttle>) -> Vec<Place> {
        std::iter::from_fn(|| throttle.try_enter()).collect()
    }

    #[tokio::test]
    async fn it_is_cut_once_a_round_and_grows_again_while_clean() {
        let throttle = Throttle::new();
        let first: Vec<Place> = fill(&throttle).into_iter().take(8).collect();
        assert_eq!(first.len(), 8);
        // All eight are refused: one cut, not eight.
        first.iter().for_each(|place| place.too_many(None));
        drop(first);
        let round = fill(&throttle);
        assert_eq!(round.len(), 4);
        round.iter().for_each(Place::clean);
        drop(round);
        assert_eq!(fill(&throttle).len(), 4, "a round makes room for less than one more at first");
        let round = fill(&throttle);
        round.iter().for_each(Place::clean);
        drop(round);
        assert_eq!(fill(&throttle).len(), 5);
        for _ in 0..20 {
            fill(&throttle).iter().for_each(|place| place.too_many(None));
        }
        assert_eq!(fill(&throttle).len(), 1, "one call always goes through");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_one_call_is_told_holds_for_all() {
        let throttle = Throttle::new();
        let began = Instant::now();
        throttle.enter().await.too_many(Some(Duration::from_secs(5)));
        drop(throttle.enter().await);
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        // A shorter one does not end it, and none lasts for ever.
        let place = throttle.enter().await;
        place.too_many(Some(Duration::from_secs(1_000_000)));
        place.too_many(Some(Duration::from_secs(1)));
        drop(place);
        drop(throttle.enter().await);
        assert_eq!(began.elapsed(), Duration::from_secs(5) + LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn a_place_given_up_is_taken_by_who_waits() {
        let throttle = Throttle::new();
        let mut places = fill(&throttle);
        let waiting = tokio::spawn({
            let throttle = Arc::clone(&throttle);
            async move { drop(throttle.enter().await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        places.pop();
        waiting.await.unwrap();
    }
}
