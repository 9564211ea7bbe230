//! A provider that fails for everybody: the sweep pauses, and goes on by itself.

use ledger::{Event, Outcome};
use scripted::{Answer, ScriptedUpstream, Step};
use serde_json::json;

use crate::lab::Lab;

/// Requests refused before the provider works again.
const REFUSED: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_for_everybody_pauses_the_sweep_and_costs_no_trial() {
    let upstream = ScriptedUpstream::start_with(|number, _| {
        if number < REFUSED {
            return Step::Status(401, Vec::new(), json!({"error": {"message": "no such key"}}).to_string());
        }
        let done = "printf 'hello, \"world\"\\n' > greeting.txt; echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";
        Step::Answer(Answer::text("I do it.").calling("bash", json!({"command": done})))
    })
    .await
    .unwrap();
    let lab = Lab::new();
    let profile = format!(
        "id = \"open\"\nvendor = \"Somebody\"\nweights = \"open\"\n\n[endpoint]\ndialect = \"openai-chat\"\n\
         base_url = \"{}\"\nmodel = \"scripted-1\"\n\n[limits]\ncontext = 200_000\noutput = 8_000\n",
        upstream.url()
    );
    lab.write("models/open.toml", &profile);
    lab.sweep("open", &["bare/generic"], "tasks/words/greet", 60_000, "attempts = 3\nconcurrency = 1");
    tokio::task::block_in_place(|| lab.run());

    let ends = lab.ends();
    assert_eq!(ends.len(), 3);
    assert!(ends.values().all(|end| end.outcome != Outcome::ProviderAuth), "{ends:?}");
    let lines = lab.lines();
    let paused: Vec<_> = lines
        .iter()
        .filter_map(|line| match &line.event {
            Event::Paused { scope, outcome, .. } => Some((scope.to_string(), *outcome)),
            _ => None,
        })
        .collect();
    assert_eq!(paused, [("open".to_owned(), Outcome::ProviderAuth)]);
    let resumed = lines
        .iter()
        .filter(|line| matches!(&line.event, Event::Resumed { scope, .. } if scope.to_string() == "open"));
    assert_eq!(resumed.count(), 1);
    // More failures than a trial has tries, and none of them was lost for it.
    let retried = lines.iter().filter(|line| matches!(line.event, Event::Retried { .. })).count();
    assert_eq!(retried, REFUSED);
}
