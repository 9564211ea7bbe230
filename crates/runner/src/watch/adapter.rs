//! A harness that crashes in its first trials is a broken adapter, and one whose requests the provider refuses is wrongly
//! translated: neither must become a row of zeros, nor be paid for.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ledger::{Outcome, OutcomeGroup, PlannedTrial, TrialId, event::TrialEnd};
use spec::Arm;

/// First trials of a model in an arm that must all have crashed alike.
const CRASHES: usize = 3;
/// Trials in a row whose requests the provider refused.
const REFUSED: usize = 3;

/// What each model's first trials in each arm came to.
#[derive(Debug, Default)]
pub(crate) struct Adapters(Mutex<HashMap<(String, Arm), Adapter>>);

#[derive(Debug, Default)]
struct Adapter {
    /// It was seen to work, or to fail as agents do.
    proven: bool,
    crashes: Vec<Crash>,
    /// Trials that the provider refused, with none between that worked.
    refused: usize,
    stopped: bool,
}

#[derive(Debug)]
struct Crash {
    trial: TrialId,
    calls: u32,
    detail: String,
}

/// What the end of a trial means for its arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    GoOn,
    /// The arm is stopped now; these trials' ends are taken back.
    Stop(Vec<TrialId>),
    /// It was stopped while this trial ran: its end is taken back, too.
    TakeBack,
}

impl Adapters {
    fn all(&self) -> MutexGuard<'_, HashMap<(String, Arm), Adapter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this trial must not be started.
    pub(crate) fn is_stopped(&self, planned: &PlannedTrial) -> bool {
        self.all().get(&place(planned)).is_some_and(|adapter| adapter.stopped)
    }

    /// Whether any arm was stopped.
    pub(crate) fn any_stopped(&self) -> bool {
        self.all().values().any(|adapter| adapter.stopped)
    }

    /// Lets an arm go on that was to be stopped.
    pub(crate) fn try_again(&self, planned: &PlannedTrial) {
        self.all().remove(&place(planned));
    }

    /// Takes a trial's end into account.
    pub(crate) fn ended(&self, planned: &PlannedTrial, end: &TrialEnd) -> Verdict {
        let mut all = self.all();
        let adapter = all.entry(place(planned)).or_default();
        match (end.outcome, end.outcome.group()) {
            (Outcome::HarnessCrash, _) => {}
            (Outcome::Provider400, _) => return adapter.was_refused(),
            // What failed for other reasons than its own says nothing about it.
            (_, OutcomeGroup::Infra | OutcomeGroup::Task) => return Verdict::GoOn,
            _ => {
                (adapter.proven, adapter.refused) = (true, 0);
                return Verdict::GoOn;
            }
        }
        if adapter.stopped {
            return Verdict::TakeBack;
        }
        if adapter.proven {
            return Verdict::GoOn;
        }
        let crash = Crash { trial: end.trial.clone(), calls: end.spent.calls, detail: end.detail.clone() };
        adapter.crashes.push(crash);
        let crashes = &adapter.crashes;
        let alike = crashes.iter().all(|crash| crash.calls == 0)
            || crashes.iter().all(|crash| crash.detail == crashes[0].detail);
        if crashes.len() < CRASHES || !alike {
            return Verdict::GoOn;
        }
        adapter.stopped = true;
        Verdict::Stop(adapter.crashes.drain(..).map(|crash| crash.trial).collect())
    }
}

impl Adapter {
    /// A trial is missing already where its requests were refused: it stays as it is.
    fn was_refused(&mut self) -> Verdict {
        self.refused += 1;
        if self.stopped || self.refused < REFUSED {
            return Verdict::GoOn;
        }
        self.stopped = true;
        Verdict::Stop(Vec::new())
    }
}

fn place(planned: &PlannedTrial) -> (String, Arm) {
    (planned.model.clone(), planned.arm.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(number: u32) -> PlannedTrial {
        let arm: Arm = "h/specific".parse().unwrap();
        PlannedTrial {
            id: TrialId::of("m", &arm, "t/t", number),
            model: "m".into(),
            arm,
            task: "t/t".into(),
            attempt: number,
            block: number,
        }
    }

    fn end(adapters: &Adapters, number: u32, outcome: Outcome, calls: u32, detail: &str) -> Verdict {
        let planned = planned(number);
        let mut end = TrialEnd { detail: detail.into(), ..testkit::runs::end(&planned.id, outcome, None) };
        end.spent.calls = calls;
        adapters.ended(&planned, &end)
    }

    #[test]
    fn three_crashes_alike_before_anything_else_stop_the_arm() {
        let adapters = Adapters::default();
        assert_eq!(end(&adapters, 1, Outcome::HarnessCrash, 0, "exited with 1"), Verdict::GoOn);
        // An outage says nothing about the adapter.
        assert_eq!(end(&adapters, 2, Outcome::Provider5xx, 0, "503"), Verdict::GoOn);
        assert_eq!(end(&adapters, 3, Outcome::HarnessCrash, 0, "exited with 2"), Verdict::GoOn);
        let ids = [1, 3, 4].map(|number| planned(number).id).to_vec();
        assert_eq!(end(&adapters, 4, Outcome::HarnessCrash, 0, "exited with 3"), Verdict::Stop(ids));
        assert!(adapters.is_stopped(&planned(9)) && adapters.any_stopped());
        assert_eq!(end(&adapters, 5, Outcome::HarnessCrash, 2, "late"), Verdict::TakeBack);
        assert_eq!(end(&adapters, 6, Outcome::Fail, 2, "late"), Verdict::GoOn);
    }

    #[test]
    fn three_refusals_in_a_row_stop_the_arm_and_take_nothing_back() {
        let adapters = Adapters::default();
        let refused = |number| end(&adapters, number, Outcome::Provider400, 2, "400: no signature");
        assert_eq!((refused(1), refused(2)), (Verdict::GoOn, Verdict::GoOn));
        assert_eq!(end(&adapters, 3, Outcome::Pass, 2, ""), Verdict::GoOn);
        let refused = |number| end(&adapters, number, Outcome::Provider400, 2, "400: no signature");
        assert_eq!((refused(4), refused(5)), (Verdict::GoOn, Verdict::GoOn));
        assert_eq!(refused(6), Verdict::Stop(Vec::new()));
        assert!(adapters.is_stopped(&planned(7)));
        assert_eq!(refused(7), Verdict::GoOn);
    }

    #[test]
    fn what_the_model_does_stops_no_arm() {
        let adapters = Adapters::default();
        for number in 1..9 {
            assert_eq!(end(&adapters, number, Outcome::NoToolCall, 1, "same"), Verdict::GoOn);
        }
        assert!(!adapters.any_stopped());
    }

    #[test]
    fn crashes_that_differ_or_come_after_work_are_the_harnesss_own() {
        let adapters = Adapters::default();
        for number in 1..9 {
            let detail = format!("signal {number}");
            assert_eq!(end(&adapters, number, Outcome::HarnessCrash, 3, &detail), Verdict::GoOn);
        }
        let adapters = Adapters::default();
        end(&adapters, 1, Outcome::Fail, 3, "");
        for number in 2..9 {
            assert_eq!(end(&adapters, number, Outcome::HarnessCrash, 0, "same"), Verdict::GoOn);
        }
    }
}
