//! Engine or provider fail for everybody: the sweep pauses, and goes on by itself.

use ledger::{Event, Outcome};
use runner::{Finished, Stop};
use scripted::{Answer, ScriptedUpstream, Step};
use serde_json::json;

use crate::lab::{DONE, Lab, Once, SOLUTION};

/// Requests refused before the provider works again: as many as a trial has tries.
const REFUSED: usize = Outcome::TRIES as usize;

fn paused(lab: &Lab) -> Vec<(String, Outcome)> {
    let pause = |event| match event {
        Event::Paused { scope, outcome, .. } => Some((scope.to_string(), outcome)),
        _ => None,
    };
    lab.events().into_iter().filter_map(pause).collect()
}

fn resumed(lab: &Lab) -> usize {
    lab.count(|event| matches!(event, Event::Resumed { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_for_everybody_pauses_the_sweep_and_costs_no_trial() {
    let upstream = ScriptedUpstream::start_with(|number, _| {
        if number < REFUSED {
            return Step::Status(401, Vec::new(), json!({"error": {"message": "no such key"}}).to_string());
        }
        let command = format!("{SOLUTION}; {DONE}");
        Step::Answer(Answer::text("I do it.").calling("bash", json!({"command": command})))
    });
    let upstream = upstream.await.unwrap();
    let lab = Lab::new();
    lab.scripted(&upstream);
    lab.sweep("scripted", &["bare/generic"], &["words/greet"], "");
    assert_eq!(lab.run().await, Finished::Complete);
    assert_eq!(lab.end().outcome, Outcome::Pass);
    assert_eq!(paused(&lab), [("scripted".to_owned(), Outcome::ProviderAuth)]);
    assert_eq!(resumed(&lab), 1);
    assert_eq!(lab.count(|event| matches!(event, Event::Retried { .. })), REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_pauses_the_sweep_and_costs_no_try() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic"], &["words/greet"], "attempts = 3\nconcurrency = 1");
    let (engine, once) = (lab.engine.clone(), Once::new());
    let finished = lab.run_with(Stop::default(), move |event| match event {
        Event::Started { .. } if once.first() => engine.set_away(true),
        Event::Paused { .. } => engine.set_away(false),
        _ => {}
    });
    assert_eq!(finished.await, Finished::Complete);
    assert_eq!(paused(&lab), [("engine".to_owned(), Outcome::Engine)]);
    assert_eq!(resumed(&lab), 1);
    assert!(lab.ends().values().all(|end| end.outcome == Outcome::Pass));
}
