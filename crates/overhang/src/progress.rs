//! How far a run is, in a line: what was solved, what is spent, what runs, and how long the rest may take.

use std::time::Duration;

use ledger::{Event, Fold, fold::Sums};

/// Names of running trials that are shown.
const NAMES: usize = 2;

/// Counts what the events of this session do not add up to by themselves.
pub(crate) struct Tally {
    /// Trials that had ended when this session began.
    before: usize,
    /// US dollars spent by then, and by trials that ended since; `None` where no call has a price.
    usd: Option<f64>,
    cap: Option<f64>,
}

impl Tally {
    /// Of a run that stands so when the session begins.
    pub(crate) fn new(fold: &Fold<Sums>, cap: Option<f64>) -> Self {
        Self { before: fold.ended(), usd: fold.run().usd, cap }
    }

    /// Takes what an event spent. Calls are not among the events: a trial's are counted when it ends.
    pub(crate) fn take(&mut self, event: &Event) {
        if let Event::Ended(end) = event
            && end.spent.usd > 0.0
        {
            *self.usd.get_or_insert(0.0) += end.spent.usd;
        }
    }

    /// The line: `3 passed · 1 failed · $0.12 of $50 · about 4 min left · running bare/generic:fix/a:1`.
    pub(crate) fn line(&self, fold: &Fold<Sums>, total: usize, elapsed: Duration) -> String {
        let scores = || fold.trials().iter().filter(|trial| trial.end.is_some()).map(|trial| trial.score());
        let passed = scores().filter(|score| score.is_some_and(|score| score >= 1.0)).count();
        let missing = scores().filter(Option::is_none).count();
        let failed = fold.ended() - passed - missing;
        let mut parts = vec![format!("{passed} passed"), format!("{failed} failed")];
        parts.extend((missing > 0).then(|| format!("{missing} missing")));
        parts.extend(self.money());
        parts.extend(self.left(fold.ended(), total, elapsed));
        parts.extend(running(fold));
        parts.join(" · ")
    }

    fn money(&self) -> Option<String> {
        match (self.usd, self.cap) {
            (Some(usd), Some(cap)) => Some(format!("${usd:.2} of ${cap}")),
            (Some(usd), None) => Some(format!("${usd:.2}")),
            (None, Some(cap)) => Some(format!("$0.00 of ${cap}")),
            (None, None) => None,
        }
    }

    /// What the rest takes at the pace of this session.
    fn left(&self, ended: usize, total: usize, elapsed: Duration) -> Option<String> {
        let (done, rest) = (ended.checked_sub(self.before)?, total.checked_sub(ended)?);
        if done == 0 || rest == 0 {
            return None;
        }
        let seconds = elapsed.as_secs_f64() / done as f64 * rest as f64;
        let left = match seconds {
            seconds if seconds < 90.0 => format!("{seconds:.0} s"),
            seconds if seconds < 5400.0 => format!("{:.0} min", seconds / 60.0),
            seconds => format!("{:.1} h", seconds / 3600.0),
        };
        Some(format!("about {left} left"))
    }
}

/// The trials that run, without their model: it is the same in most sweeps.
fn running(fold: &Fold<Sums>) -> Option<String> {
    let running = fold.trials().iter().filter(|trial| trial.is_under_way());
    let names = running.map(|trial| {
        let planned = &trial.planned;
        format!("{}:{}:{}", planned.arm, planned.task, planned.attempt)
    });
    let names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(NAMES);
    let shown = names[..names.len() - more].join(", ");
    match (names.len(), more) {
        (0, _) => None,
        (_, 0) => Some(format!("running {shown}")),
        _ => Some(format!("running {shown} and {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use ledger::Outcome;
    use testkit::runs::{end, graded, plan, trial};

    use super::*;

    #[test]
    fn it_says_what_was_solved_what_is_spent_what_runs_and_what_is_left() {
        let plan = plan(&["bare/generic", "h/generic"], &["fix/a", "fix/b", "fix/c"], 1);
        let mut fold = Fold::new(&plan.trials, Sums);
        let mut tally = Tally::new(&fold, Some(50.0));
        let lost = trial("bare/generic", "fix/b", 1);
        let mut missing = end(&lost, Outcome::Engine, None);
        missing.spent.usd = 0.125;
        let mut events = graded("bare/generic", "fix/a", 1, true);
        events.extend(graded("h/generic", "fix/a", 1, false));
        events.push(Event::Started { trial: lost, try_number: 1, image: "image".into() });
        events.push(Event::Ended(Box::new(missing)));
        for arm in ["h/generic", "bare/generic"] {
            let trial = trial(arm, "fix/c", 1);
            events.push(Event::Started { trial, try_number: 1, image: "image".into() });
        }
        for event in events {
            tally.take(&event);
            fold.add(0, event).unwrap();
        }
        assert_eq!(
            tally.line(&fold, 6, Duration::from_secs(300)),
            "1 passed · 1 failed · 1 missing · $0.12 of $50 · about 5 min left · running bare/generic:fix/c:1, h/generic:fix/c:1"
        );
    }

    #[test]
    fn nothing_is_foretold_before_a_trial_has_ended() {
        let plan = plan(&["bare/generic"], &["fix/a"], 1);
        let fold = Fold::new(&plan.trials, Sums);
        let line = Tally::new(&fold, None).line(&fold, 1, Duration::from_secs(9));
        assert_eq!(line, "0 passed · 0 failed");
    }
}
