//! When engine or provider fail for everybody, nothing new begins until they work again.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ledger::{Event, Outcome, PlannedTrial, TrialId};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{progress::Progress, run::runner::Shared};

/// Failing tries in a row after which something fails for everybody.
const IN_A_ROW: usize = 3;
/// The first pause before it is tried whether it works again; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Failures of one trial during outages that use up no retry. A bound: a trial whose own requests fail must not be
/// tried for ever.
const FORGIVEN: u32 = 12;

/// What can fail for everybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Engine,
    /// The provider of a model.
    Model(String),
}

impl Scope {
    /// Where a failure of this kind belongs; `None` for failures that say nothing of other trials.
    fn of(outcome: Outcome, model: &str) -> Option<Self> {
        match outcome {
            Outcome::Docker | Outcome::ImagePull | Outcome::HostDisk | Outcome::HostOom => Some(Self::Engine),
            Outcome::Provider5xx | Outcome::Provider429 | Outcome::ProviderAuth => {
                Some(Self::Model(model.to_owned()))
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Engine => "engine",
            Self::Model(model) => model,
        })
    }
}

/// The outages of a run.
#[derive(Default)]
pub(crate) struct Outages {
    circuits: Mutex<BTreeMap<Scope, Circuit>>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Circuit {
    /// Trials whose tries failed, one after the other, with none between that worked.
    failed: Vec<TrialId>,
    open: Option<Open>,
    forgiven: BTreeMap<TrialId, u32>,
}

#[derive(Debug)]
struct Open {
    since: Instant,
    pause: Duration,
    until: Instant,
    /// Who is finding out whether it works again.
    trying: Option<TrialId>,
}

/// Whose matter a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Everybody's: what failed was asked, and does not answer.
    Everybodys,
    /// To be seen from those that fail in a row: this many different trials must be among them.
    Unknown { trials: usize },
}

/// What a try's end changed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    None,
    Paused,
    Resumed(Duration),
}

impl Circuit {
    /// A try failed. Whether it uses up a retry stands in the second place.
    fn failed(&mut self, trial: &TrialId, whose: Whose, now: Instant) -> (Change, bool) {
        self.failed.push(trial.clone());
        if let Some(open) = &mut self.open {
            if open.trying.take().is_some() {
                open.pause = (open.pause * 2).min(LONGEST_PAUSE);
                open.until = now + open.pause;
            }
            return (Change::None, !self.forgive(trial));
        }
        let recent = &self.failed[self.failed.len().saturating_sub(IN_A_ROW)..];
        let different = recent.iter().collect::<BTreeSet<_>>().len();
        let everybodys = match whose {
            Whose::Everybodys => true,
            Whose::Unknown { trials } => recent.len() >= IN_A_ROW && different >= trials,
        };
        if !everybodys {
            return (Change::None, true);
        }
        let (pause, until) = (FIRST_PAUSE, now + FIRST_PAUSE);
        self.open = Some(Open { since: now, pause, until, trying: None });
        (Change::Paused, whose != Whose::Everybodys || !self.forgive(trial))
    }

    /// A trial that was to find out ended without an answer, for a reason of its own: the next one is to.
    fn not_found_out(&mut self, by: &TrialId, now: Instant) {
        if let Some(open) = self.open.as_mut().filter(|open| open.trying.as_ref() == Some(by)) {
            (open.until, open.trying) = (now + open.pause, None);
        }
    }

    /// Whether a failure uses up no retry.
    fn forgive(&mut self, trial: &TrialId) -> bool {
        let forgiven = self.forgiven.entry(trial.clone()).or_default();
        *forgiven += 1;
        *forgiven <= FORGIVEN
    }

    fn worked(&mut self, now: Instant) -> Change {
        self.failed.clear();
        self.forgiven.clear();
        self.open.take().map_or(Change::None, |open| Change::Resumed(now - open.since))
    }
}

/// What one who wants to begin a try is told.
enum Turn {
    Go,
    /// Find out whether it works, and say so.
    Try,
    Wait(Instant),
}

impl Outages {
    fn circuits(&self) -> MutexGuard<'_, BTreeMap<Scope, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, scope: &Scope, trial: &TrialId) -> Turn {
        let mut circuits = self.circuits();
        let now = Instant::now();
        match circuits.get_mut(scope).and_then(|circuit| circuit.open.as_mut()) {
            None => Turn::Go,
            // Whoever finds out tells all others.
            Some(open) if open.trying.is_some() => Turn::Wait(now + LONGEST_PAUSE),
            Some(open) if now < open.until => Turn::Wait(open.until),
            Some(open) => {
                open.trying = Some(trial.clone());
                Turn::Try
            }
        }
    }
}

/// Leave to begin a try, to be held to its end.
pub(crate) struct Pass<'a> {
    outages: &'a Outages,
    trial: &'a TrialId,
    /// What this try finds out about. However it ends, the others must not wait for it longer.
    finds_out: Option<Scope>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let Some(scope) = &self.finds_out else { return };
        if let Some(circuit) = self.outages.circuits().get_mut(scope) {
            circuit.not_found_out(self.trial, Instant::now());
        }
        self.outages.changed.notify_waiters();
    }
}

/// Waits until nothing keeps this trial from beginning a try; `None` when the run is told to stop first. `Err` when
/// the ledger cannot be written.
pub(crate) async fn pass<'a>(
    shared: &'a Shared,
    planned: &'a PlannedTrial,
    stop: &[CancellationToken],
) -> io::Result<Option<Pass<'a>>> {
    let mut pass = Pass { outages: &shared.outages, trial: &planned.id, finds_out: None };
    for scope in [Scope::Engine, Scope::Model(planned.model.clone())] {
        loop {
            let changed = shared.outages.changed.notified();
            let until = match shared.outages.turn(&scope, &planned.id) {
                Turn::Go => break,
                // A provider is found to work by the trial itself: nothing is asked of it for no purpose.
                Turn::Try if scope != Scope::Engine => {
                    pass.finds_out = Some(scope);
                    break;
                }
                Turn::Try => {
                    match shared.engine.check().await {
                        Ok(()) => worked(shared, &scope).await?,
                        Err(error) => {
                            let (whose, detail) = (Whose::Everybodys, error.to_string());
                            fail(shared, planned, &scope, whose, Outcome::Docker, &detail).await?;
                        }
                    }
                    continue;
                }
                Turn::Wait(until) => until,
            };
            tokio::select! {
                () = sleep_until(until) => {}
                () = changed => {}
                () = any(stop) => return Ok(None),
            }
        }
    }
    Ok(Some(pass))
}

/// A try ended with an infra outcome. Whether it uses up one of the trial's retries.
pub(crate) async fn failed(
    shared: &Shared,
    planned: &PlannedTrial,
    outcome: Outcome,
    detail: &str,
) -> io::Result<bool> {
    let Some(scope) = Scope::of(outcome, &planned.model) else { return Ok(true) };
    let whose = match scope {
        // A trial can break its container by itself, but not the engine.
        Scope::Engine if shared.engine.check().await.is_err() => Whose::Everybodys,
        Scope::Engine => Whose::Unknown { trials: 2 },
        // And it can hardly make a provider fail after all its retries.
        Scope::Model(_) => Whose::Unknown { trials: 1 },
    };
    fail(shared, planned, &scope, whose, outcome, detail).await
}

async fn fail(
    shared: &Shared,
    planned: &PlannedTrial,
    scope: &Scope,
    whose: Whose,
    outcome: Outcome,
    detail: &str,
) -> io::Result<bool> {
    let (change, counts) = shared.outages.circuits().entry(scope.clone()).or_default().failed(
        &planned.id,
        whose,
        Instant::now(),
    );
    if change == Change::Paused {
        let event = Event::Paused { scope: scope.to_string(), outcome, detail: detail.to_owned() };
        shared.journal.write(event).await?;
        (shared.observer)(Progress::Paused { scope: scope.to_string(), detail: detail.to_owned() });
    }
    shared.outages.changed.notify_waiters();
    Ok(counts)
}

/// A try ended that needed engine and provider, and both worked.
pub(crate) async fn succeeded(shared: &Shared, planned: &PlannedTrial, answered: bool) -> io::Result<()> {
    worked(shared, &Scope::Engine).await?;
    if answered { worked(shared, &Scope::Model(planned.model.clone())).await } else { Ok(()) }
}

async fn worked(shared: &Shared, scope: &Scope) -> io::Result<()> {
    let change = shared
        .outages
        .circuits()
        .get_mut(scope)
        .map_or(Change::None, |circuit| circuit.worked(Instant::now()));
    if let Change::Resumed(after) = change {
        let event = Event::Resumed { scope: scope.to_string(), seconds: after.as_secs_f64() };
        shared.journal.write(event).await?;
        (shared.observer)(Progress::Resumed { scope: scope.to_string() });
    }
    shared.outages.changed.notify_waiters();
    Ok(())
}

pub(crate) async fn any(tokens: &[CancellationToken]) {
    let mut waits: Vec<_> = tokens.iter().map(|token| Box::pin(token.cancelled())).collect();
    std::future::poll_fn(|context| {
        let cancelled = waits.iter_mut().any(|wait| wait.as_mut().poll(context).is_ready());
        if cancelled { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(name: &str) -> TrialId {
        TrialId(name.into())
    }

    #[test]
    fn failures_of_several_trials_in_a_row_pause_and_one_that_works_resumes() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        assert_eq!(circuit.failed(&trial("a"), Whose::Unknown { trials: 2 }, now), (Change::None, true));
        assert_eq!(circuit.worked(now), Change::None);
        for (name, change) in [("a", Change::None), ("b", Change::None), ("a", Change::Paused)] {
            assert_eq!(
                circuit.failed(&trial(name), Whose::Unknown { trials: 2 }, now),
                (change, true),
                "{name}"
            );
        }
        // Tries that were under way when it paused use up no retry.
        assert_eq!(circuit.failed(&trial("c"), Whose::Unknown { trials: 2 }, now), (Change::None, false));
        let later = now + Duration::from_secs(9);
        assert_eq!(circuit.worked(later), Change::Resumed(Duration::from_secs(9)));
        assert_eq!(circuit.failed(&trial("a"), Whose::Unknown { trials: 2 }, later), (Change::None, true));
    }

    #[test]
    fn one_that_was_to_find_out_and_ended_for_its_own_reasons_leaves_it_to_the_next() {
        let outages = Outages::default();
        let (scope, [first, second]) = (Scope::Model("m".into()), ["a", "b"].map(trial));
        let now = Instant::now();
        outages.circuits().insert(scope.clone(), Circuit::default());
        for _ in 0..IN_A_ROW {
            let mut circuits = outages.circuits();
            circuits.get_mut(&scope).unwrap().failed(&first, Whose::Unknown { trials: 1 }, now);
        }
        let over = || outages.circuits().get_mut(&scope).unwrap().open.as_mut().unwrap().until = now;
        over();
        assert!(matches!(outages.turn(&scope, &first), Turn::Try));
        let pass = Pass { outages: &outages, trial: &first, finds_out: Some(scope.clone()) };
        assert!(matches!(outages.turn(&scope, &second), Turn::Wait(_)));
        drop(pass);
        over();
        assert!(matches!(outages.turn(&scope, &second), Turn::Try));
        // Another's leave, given back late, takes nothing from the one who tries now.
        drop(Pass { outages: &outages, trial: &first, finds_out: Some(scope.clone()) });
        assert!(matches!(outages.turn(&scope, &first), Turn::Wait(_)));
    }

    #[test]
    fn one_trial_that_keeps_failing_is_its_own_matter() {
        let mut circuit = Circuit::default();
        for _ in 0..20 {
            assert_eq!(
                circuit.failed(&trial("a"), Whose::Unknown { trials: 2 }, Instant::now()),
                (Change::None, true)
            );
        }
    }

    #[test]
    fn an_engine_that_does_not_answer_pauses_at_once_and_costs_no_retry() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        assert_eq!(circuit.failed(&trial("a"), Whose::Everybodys, now), (Change::Paused, false));
        assert_eq!(circuit.failed(&trial("a"), Whose::Unknown { trials: 2 }, now), (Change::None, false));
        assert_eq!(circuit.worked(now), Change::Resumed(Duration::ZERO));
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_forgiveness_ends() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        for name in ["a", "b", "a"] {
            circuit.failed(&trial(name), Whose::Unknown { trials: 2 }, now);
        }
        let mut counted = None;
        for tried in 1..=20 {
            circuit.open.as_mut().unwrap().trying = Some(trial("a"));
            let (_, counts) = circuit.failed(&trial("a"), Whose::Unknown { trials: 2 }, now);
            counted = counted.or(counts.then_some(tried));
        }
        assert_eq!(circuit.open.as_ref().unwrap().pause, LONGEST_PAUSE);
        assert_eq!(counted, Some(FORGIVEN + 1));
    }
}
