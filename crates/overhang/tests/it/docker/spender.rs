//! A model that never stops: what a budget is worth in each arm.

use ledger::{Event, Outcome, run::Line};

use super::ARMS;
use crate::lab::{Lab, flags};

const BUDGET: u64 = 300_000;

#[test]
fn a_budget_is_spent_to_the_last_twentieth_and_never_exceeded() {
    let lab = Lab::new();
    lab.sweep("spender", &ARMS, "tasks/words/greet", BUDGET, "");
    lab.run();

    let lines = lab.lines();
    for arm in ARMS {
        let end = lab.end(arm);
        let tokens = end.spent.usage;
        let tokens =
            tokens.input_uncached + tokens.cache_read + tokens.cache_write + tokens.output + tokens.reasoning;
        let share = tokens as f64 / BUDGET as f64;
        let after = seconds_after_exhaustion(&lines, arm);
        println!("{arm}: {tokens} tokens, {:.2} %, stopped {after:.1} s after the last", share * 100.0);
        assert_eq!(end.outcome, Outcome::Budget, "{arm}: {}", end.detail);
        assert_eq!(tokens as f64, end.spent.charged, "{arm}: the meter counts every token once");
        assert!((0.95..=1.0).contains(&share), "{arm}: {tokens} of {BUDGET} tokens");
        assert!(after < 30.0, "{arm}: went on for {after} s");
        // Nothing was done, and that is what the verifier says: the work tree was looked at.
        assert_eq!(end.score, Some(0.0), "{arm}");
        assert!(end.workspace.is_some(), "{arm}");
    }
    let raised = flags(&lab.report());
    for name in ["OVERSHOOT", "UNEQUAL_STOP", "METER_MISMATCH", "KEPT_ASKING"] {
        assert!(!raised.iter().any(|flag| flag.starts_with(name)), "{raised:#?}");
    }
}

/// From the end of the last call that was paid to the end of the agent's part.
fn seconds_after_exhaustion(lines: &[Line], arm: &str) -> f64 {
    let last_paid = lines.iter().rfind(
        |line| matches!(&line.event, Event::Call(call) if call.usage.is_some() && call.trial.0.contains(arm)),
    );
    let stopped = lines
        .iter()
        .rfind(|line| matches!(&line.event, Event::Stopped { trial, .. } if trial.0.contains(arm)));
    (stopped.unwrap().at_ms - last_paid.unwrap().at_ms) as f64 / 1000.0
}
