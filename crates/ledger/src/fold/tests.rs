use serde_json::{Value, json};
use vocabulary::PauseScope;

use super::*;

fn planned(trials: &[&str]) -> Vec<PlannedTrial> {
    let planned = |id: &&str| {
        let fields =
            json!({"id": id, "model": "m", "arm": "bare/generic", "task": "t/t", "attempt": 1, "block": 0});
        serde_json::from_value(fields).unwrap()
    };
    trials.iter().map(planned).collect()
}

fn event(name: &str, mut fields: Value) -> Event {
    fields["event"] = name.into();
    serde_json::from_value(fields).unwrap()
}

fn spent(charged: f64) -> Value {
    let usage = json!({"input_uncached": 0, "cache_read": 0, "cache_write": 0, "output": 0, "reasoning": 0});
    json!({"calls": 1, "usage": usage, "charged": charged, "usd": 0.0})
}

fn started(try_number: u32) -> Event {
    event("started", json!({"trial": "a", "try_number": try_number, "image": ""}))
}

fn retried(try_number: u32) -> Event {
    let fields = json!({"trial": "a", "try_number": try_number, "outcome": "ENGINE", "detail": "", "spent": spent(1.0)});
    event("retried", fields)
}

fn ended(try_number: u32) -> Event {
    event(
        "ended",
        json!({
            "trial": "a", "try_number": try_number, "outcome": "PASS", "detail": "", "score": 1.0, "rewards": {},
            "spent": spent(2.0), "unspent": 0.0, "agent_seconds": 0.0, "grading_seconds": 0.0, "total_seconds": 0.0,
            "workspace": null, "commands": null, "verifier_output": null, "harness_output": null, "dns_names": [],
            "resources": {}, "flags": ["GRADED_AGAIN: once"],
        }),
    )
}

fn folded(events: impl IntoIterator<Item = Event>) -> Fold {
    let mut fold = Fold::new(&planned(&["a", "b"]), Sums);
    for event in events {
        fold.add(0, event).unwrap();
        let ended = fold.trials().iter().filter(|trial| trial.end.is_some()).count();
        let under_way = fold.trials().iter().filter(|trial| trial.is_under_way()).count();
        assert_eq!((fold.ended(), fold.under_way()), (ended, under_way));
    }
    fold
}

fn a(fold: &Fold) -> &Trial<()> {
    fold.trial(&TrialId("a".into())).unwrap()
}

#[test]
fn a_failure_uses_up_a_try_unless_it_was_everybodys() {
    let pause = json!({"scope": "engine", "outcome": "ENGINE", "detail": ""});
    let fold = folded([
        started(1),
        retried(1),
        event("paused", pause),
        started(2),
        retried(2),
        event("resumed", json!({"scope": "engine", "seconds": 1.0})),
        started(3),
        event("cut_off", json!({"trial": "a", "try_number": 3, "spent": spent(4.0)})),
        started(4),
    ]);
    let trial = a(&fold);
    assert_eq!((trial.failures, trial.try_number, fold.under_way()), (1, 4, 1));
    assert_eq!(trial.lost.iter().map(|spent| spent.charged).sum::<f64>(), 6.0);
    assert!(fold.run().paused.is_empty());
}

#[test]
fn a_program_that_takes_the_run_in_hand_begins_without_an_outage() {
    let pause = json!({"scope": "m", "outcome": "PROVIDER_5XX", "detail": ""});
    let mut fold = folded([event("paused", pause), event("closed", json!({"reason": ""}))]);
    assert_eq!(fold.run().paused.iter().collect::<Vec<_>>(), [&PauseScope::Provider("m".into())]);
    assert!(fold.run().closed);
    let opened = json!({"plan": "p", "trials": 2, "pid": 1, "host": "h", "program": "0", "host_facts": {}});
    fold.add(7, event("opened", opened)).unwrap();
    assert!(fold.run().paused.is_empty() && !fold.run().closed);
    assert_eq!(fold.run().last_event_ms, Some(7));
}

#[test]
fn what_a_reopened_trial_had_spent_is_lost_and_its_flags_are_gone() {
    let fold = folded([started(1), ended(1)]);
    assert_eq!((a(&fold).score(), a(&fold).flags.len()), (Some(1.0), 1));
    let fold = folded([started(1), ended(1), event("reopened", json!({"trial": "a"}))]);
    let trial = a(&fold);
    assert_eq!((trial.score(), trial.flags.len(), trial.lost[0].charged), (None, 0, 2.0));
    assert!(!trial.is_under_way());
}

#[test]
fn an_event_that_does_not_fit_is_an_error() {
    let mut fold = folded([started(1), ended(1)]);
    assert_eq!(fold.add(0, ended(1)), Err(Misfit::EndedTwice(TrialId("a".into()))));
    let other = event("reopened", json!({"trial": "c"}));
    assert_eq!(fold.add(0, other), Err(Misfit::Unplanned(TrialId("c".into()))));
}
