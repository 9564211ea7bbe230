//! A circuit breaker: after failures that are everybody's it opens, and nothing passes; after a pause it is half-open,
//! and one trial probes; when that works it closes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use ledger::TrialId;
use tokio::time::Instant;

/// Failing tries in a row after which something fails for everybody.
const IN_A_ROW: usize = 3;
/// The first pause before a probe; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Failures of one trial during outages that use up no retry. A bound: a trial whose own requests fail must not be
/// tried for ever.
const FORGIVEN: u32 = 12;

/// The breaker of one thing that can fail for everybody.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// Trials whose tries failed, one after the other, with none between that worked.
    failed: Vec<TrialId>,
    outage: Option<Outage>,
    forgiven: BTreeMap<TrialId, u32>,
}

/// Since when the circuit is not closed.
#[derive(Debug)]
struct Outage {
    since: Instant,
    pause: Duration,
    state: State,
}

/// The states of a circuit that is not closed.
#[derive(Debug)]
enum State {
    /// Nothing passes before then.
    Open { until: Instant },
    /// This trial finds out whether it works again; nothing else passes.
    HalfOpen { probe: TrialId },
}

/// Which failures open a closed circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// This one: what failed was asked, and does not answer.
    AtOnce,
    /// Several in a row, of so many different trials at least.
    InARow { trials: usize },
}

/// What a try's end did to the circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    None,
    Opened,
    /// After so long.
    Closed(Duration),
}

/// Whether a failure uses up one of its trial's retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    UsedUp,
    Kept,
}

/// What one who wants to begin a try is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Admission {
    /// The circuit is closed.
    Pass,
    /// It is half-open now, and this try is the probe.
    Probe,
    /// Nothing passes before then, unless the circuit changes.
    Wait(Instant),
}

impl Circuit {
    /// Whether a trial may pass.
    pub(super) fn admit(&mut self, trial: &TrialId, now: Instant) -> Admission {
        let Some(outage) = &mut self.outage else { return Admission::Pass };
        match outage.state {
            // The probe tells all others.
            State::HalfOpen { .. } => Admission::Wait(now + LONGEST_PAUSE),
            State::Open { until } if now < until => Admission::Wait(until),
            State::Open { .. } => {
                outage.state = State::HalfOpen { probe: trial.clone() };
                Admission::Probe
            }
        }
    }

    /// A try failed.
    pub(super) fn failed(&mut self, trial: &TrialId, opens: Opens, now: Instant) -> (Change, Retry) {
        self.failed.push(trial.clone());
        if let Some(outage) = &mut self.outage {
            if matches!(outage.state, State::HalfOpen { .. }) {
                outage.pause = (outage.pause * 2).min(LONGEST_PAUSE);
                outage.state = State::Open { until: now + outage.pause };
            }
            return (Change::None, self.forgive(trial));
        }
        let recent = &self.failed[self.failed.len().saturating_sub(IN_A_ROW)..];
        let different = recent.iter().collect::<BTreeSet<_>>().len();
        let opened = match opens {
            Opens::AtOnce => true,
            Opens::InARow { trials } => recent.len() >= IN_A_ROW && different >= trials,
        };
        if !opened {
            return (Change::None, Retry::UsedUp);
        }
        let state = State::Open { until: now + FIRST_PAUSE };
        self.outage = Some(Outage { since: now, pause: FIRST_PAUSE, state });
        // Failures that were one trial's own until now are counted as such.
        let retry = if opens == Opens::AtOnce { self.forgive(trial) } else { Retry::UsedUp };
        (Change::Opened, retry)
    }

    /// A try ended that needed what this circuit is of, and it worked.
    pub(super) fn worked(&mut self, now: Instant) -> Change {
        self.failed.clear();
        self.forgiven.clear();
        self.outage.take().map_or(Change::None, |outage| Change::Closed(now - outage.since))
    }

    /// A probe ended without an answer, for a reason of its own: the next trial is to find out.
    pub(super) fn probe_ended(&mut self, by: &TrialId, now: Instant) {
        if let Some(outage) = &mut self.outage
            && matches!(&outage.state, State::HalfOpen { probe } if probe == by)
        {
            outage.state = State::Open { until: now + outage.pause };
        }
    }

    fn forgive(&mut self, trial: &TrialId) -> Retry {
        let forgiven = self.forgiven.entry(trial.clone()).or_default();
        *forgiven += 1;
        if *forgiven <= FORGIVEN { Retry::Kept } else { Retry::UsedUp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_TWO: Opens = Opens::InARow { trials: 2 };

    fn trial(name: &str) -> TrialId {
        TrialId(name.into())
    }

    #[test]
    fn failures_of_several_trials_in_a_row_open_and_one_that_works_closes() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        assert_eq!(circuit.failed(&trial("a"), OF_TWO, now), (Change::None, Retry::UsedUp));
        assert_eq!(circuit.worked(now), Change::None);
        for (name, change) in [("a", Change::None), ("b", Change::None), ("a", Change::Opened)] {
            assert_eq!(circuit.failed(&trial(name), OF_TWO, now), (change, Retry::UsedUp), "{name}");
        }
        // Tries that were under way when it opened use up no retry.
        assert_eq!(circuit.failed(&trial("c"), OF_TWO, now), (Change::None, Retry::Kept));
        let later = now + Duration::from_secs(9);
        assert_eq!(circuit.worked(later), Change::Closed(Duration::from_secs(9)));
        assert_eq!(circuit.failed(&trial("a"), OF_TWO, later), (Change::None, Retry::UsedUp));
    }

    #[test]
    fn a_probe_that_ended_for_its_own_reasons_leaves_it_to_the_next() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        let [first, second] = ["a", "b"].map(trial);
        assert_eq!(circuit.failed(&first, Opens::AtOnce, now), (Change::Opened, Retry::Kept));
        assert_eq!(circuit.admit(&first, now), Admission::Wait(now + FIRST_PAUSE));
        let later = now + FIRST_PAUSE;
        assert_eq!(circuit.admit(&first, later), Admission::Probe);
        assert!(matches!(circuit.admit(&second, later), Admission::Wait(_)));
        circuit.probe_ended(&first, later);
        let later = later + FIRST_PAUSE;
        assert_eq!(circuit.admit(&second, later), Admission::Probe);
        // Another's end, told late, takes nothing from the one that probes now.
        circuit.probe_ended(&first, later);
        assert!(matches!(circuit.admit(&first, later), Admission::Wait(_)));
    }

    #[test]
    fn one_trial_that_keeps_failing_is_its_own_matter() {
        let mut circuit = Circuit::default();
        for _ in 0..20 {
            let failed = circuit.failed(&trial("a"), OF_TWO, Instant::now());
            assert_eq!(failed, (Change::None, Retry::UsedUp));
        }
    }

    #[test]
    fn what_does_not_answer_opens_at_once_and_costs_no_retry() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        assert_eq!(circuit.failed(&trial("a"), Opens::AtOnce, now), (Change::Opened, Retry::Kept));
        assert_eq!(circuit.failed(&trial("a"), OF_TWO, now), (Change::None, Retry::Kept));
        assert_eq!(circuit.worked(now), Change::Closed(Duration::ZERO));
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_forgiveness_ends() {
        let (mut circuit, mut now) = (Circuit::default(), Instant::now());
        for name in ["a", "b", "a"] {
            circuit.failed(&trial(name), OF_TWO, now);
        }
        let mut used_up = None;
        for tried in 1..=20 {
            now += LONGEST_PAUSE;
            assert_eq!(circuit.admit(&trial("a"), now), Admission::Probe);
            let (_, retry) = circuit.failed(&trial("a"), OF_TWO, now);
            used_up = used_up.or((retry == Retry::UsedUp).then_some(tried));
        }
        assert_eq!(circuit.admit(&trial("a"), now), Admission::Wait(now + LONGEST_PAUSE));
        assert_eq!(used_up, Some(FORGIVEN + 1));
    }
}
