//! When engine or provider fail for everybody, nothing new begins until they work again: each has a circuit breaker.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ledger::{Event, Outcome, PlannedTrial, TrialId};
use sandbox::Engine;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use vocabulary::PauseScope;

use crate::{
    journal::{Journal, JournalError},
    stop::any_cancelled,
    watch::circuit::{Admission, Change, Circuit, Opens, Retry},
};

/// What a failure of this kind may be an outage of; `None` for failures that say nothing of other trials.
fn scope_of(outcome: Outcome, model: &str) -> Option<PauseScope> {
    match outcome {
        Outcome::Engine | Outcome::GuestLost | Outcome::ImagePull | Outcome::HostDisk => {
            Some(PauseScope::Engine)
        }
        Outcome::Provider5xx | Outcome::Provider429 | Outcome::ProviderAuth => {
            Some(PauseScope::Provider(model.to_owned()))
        }
        _ => None,
    }
}

/// The outages of a run.
pub(crate) struct Outages {
    engine: Arc<dyn Engine>,
    journal: Journal,
    circuits: Arc<Circuits>,
}

#[derive(Debug, Default)]
struct Circuits {
    all: Mutex<BTreeMap<PauseScope, Circuit>>,
    changed: Notify,
}

impl Circuits {
    fn all(&self) -> MutexGuard<'_, BTreeMap<PauseScope, Circuit>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to begin a try, to be held to its end.
pub(crate) struct Permit {
    circuits: Arc<Circuits>,
    trial: TrialId,
    /// What this try probes. However it ends, the others must not wait for it longer.
    probes: Option<PauseScope>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(scope) = &self.probes else { return };
        if let Some(circuit) = self.circuits.all().get_mut(scope) {
            circuit.probe_ended(&self.trial, Instant::now());
        }
        self.circuits.changed.notify_waiters();
    }
}

impl Outages {
    /// None so far. `engine` is asked whether it works; outages are told to `journal`.
    pub(crate) fn new(engine: Arc<dyn Engine>, journal: Journal) -> Self {
        Self { engine, journal, circuits: Arc::default() }
    }

    /// Waits until no open circuit keeps this trial from beginning a try; `None` when the run is told to stop first.
    pub(crate) async fn permit(
        &self,
        planned: &PlannedTrial,
        stop: &[CancellationToken],
    ) -> Result<Option<Permit>, JournalError> {
        let mut permit = Permit { circuits: self.circuits.clone(), trial: planned.id.clone(), probes: None };
        for scope in [PauseScope::Engine, PauseScope::Provider(planned.model.clone())] {
            loop {
                let changed = self.circuits.changed.notified();
                let until = match self.admit(&scope, &planned.id) {
                    Admission::Pass => break,
                    // A provider is found to work by the trial itself: nothing is asked of it for no purpose.
                    Admission::Probe if scope != PauseScope::Engine => {
                        permit.probes = Some(scope);
                        break;
                    }
                    Admission::Probe => {
                        match self.engine.check().await {
                            Ok(()) => self.worked(&scope).await?,
                            Err(error) => {
                                let (outcome, detail) = (Outcome::Engine, error.to_string());
                                self.count(planned, &scope, Opens::AtOnce, outcome, &detail).await?;
                            }
                        }
                        continue;
                    }
                    Admission::Wait(until) => until,
                };
                tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                    () = any_cancelled(stop) => return Ok(None),
                }
            }
        }
        Ok(Some(permit))
    }

    /// A try ended with an infra outcome.
    pub(crate) async fn failed(
        &self,
        planned: &PlannedTrial,
        outcome: Outcome,
        detail: &str,
    ) -> Result<Retry, JournalError> {
        let Some(scope) = scope_of(outcome, &planned.model) else { return Ok(Retry::UsedUp) };
        let opens = match scope {
            // A trial can break its container by itself, but not the engine.
            PauseScope::Engine if self.engine.check().await.is_err() => Opens::AtOnce,
            PauseScope::Engine => Opens::InARow { trials: 2 },
            // And it can hardly make a provider fail after all its retries.
            PauseScope::Provider(_) => Opens::InARow { trials: 1 },
        };
        self.count(planned, &scope, opens, outcome, detail).await
    }

    /// A try ended for which the engine worked, and the provider if it `answered`.
    pub(crate) async fn succeeded(&self, planned: &PlannedTrial, answered: bool) -> Result<(), JournalError> {
        self.worked(&PauseScope::Engine).await?;
        if answered { self.worked(&PauseScope::Provider(planned.model.clone())).await } else { Ok(()) }
    }

    fn admit(&self, scope: &PauseScope, trial: &TrialId) -> Admission {
        let mut circuits = self.circuits.all();
        circuits.get_mut(scope).map_or(Admission::Pass, |circuit| circuit.admit(trial, Instant::now()))
    }

    async fn count(
        &self,
        planned: &PlannedTrial,
        scope: &PauseScope,
        opens: Opens,
        outcome: Outcome,
        detail: &str,
    ) -> Result<Retry, JournalError> {
        let (change, retry) = {
            let mut circuits = self.circuits.all();
            circuits.entry(scope.clone()).or_default().failed(&planned.id, opens, Instant::now())
        };
        if change == Change::Opened {
            let event = Event::Paused { scope: scope.clone(), outcome, detail: detail.to_owned() };
            self.journal.write(event).await?;
        }
        self.circuits.changed.notify_waiters();
        Ok(retry)
    }

    async fn worked(&self, scope: &PauseScope) -> Result<(), JournalError> {
        let change = {
            let mut circuits = self.circuits.all();
            circuits.get_mut(scope).map_or(Change::None, |circuit| circuit.worked(Instant::now()))
        };
        if let Change::Closed(after) = change {
            let event = Event::Resumed { scope: scope.clone(), seconds: after.as_secs_f64() };
            self.journal.write(event).await?;
        }
        self.circuits.changed.notify_waiters();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::no_verdict::NoVerdict;

    #[test]
    fn a_task_whose_set_up_fails_is_nobody_elses_matter() {
        let broken = NoVerdict::task_setup("setup.sh of `t` failed");
        assert_eq!(scope_of(broken.outcome, "m"), None);
        assert!(broken.outcome.is_retried(), "the machine may have been busy");
        assert_eq!(scope_of(Outcome::Engine, "m"), Some(PauseScope::Engine));
        assert_eq!(scope_of(Outcome::Provider5xx, "m"), Some(PauseScope::Provider("m".into())));
    }

    #[test]
    fn a_permit_that_is_given_back_lets_the_next_trial_probe() {
        let circuits = Arc::new(Circuits::default());
        let (scope, trial) = (PauseScope::Provider("m".into()), TrialId("a".into()));
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let admission = |at| circuits.all().get_mut(&scope).unwrap().admit(&trial, at);
        circuits.all().entry(scope.clone()).or_default().failed(&trial, Opens::AtOnce, began);
        assert_eq!(admission(after(60)), Admission::Probe);
        assert!(matches!(admission(after(120)), Admission::Wait(_)));
        drop(Permit { circuits: circuits.clone(), trial: trial.clone(), probes: Some(scope.clone()) });
        assert_eq!(admission(after(120)), Admission::Probe);
    }
}
