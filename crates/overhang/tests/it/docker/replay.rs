//! A run recorded against a provider on loopback, and replayed after that provider is gone.

use std::{collections::BTreeMap, process::Output};

use ledger::{CallRecord, Event, Outcome, RunDir, TrialId, event::TrialEnd};
use scripted::ScriptedUpstream;

use super::loopback::{KEY, files_with, play, profile};
use crate::lab::{Lab, text};

/// Every trial's end and the calls of its last try.
fn trials(lab: &Lab, run: &str) -> BTreeMap<TrialId, (TrialEnd, Vec<CallRecord>)> {
    let lines = RunDir::at(lab.root().join(run)).read().unwrap().lines;
    let (mut calls, mut ends) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
    for line in lines {
        match line.event {
            Event::Started { trial, .. } => drop(calls.insert(trial, Vec::new())),
            Event::Call(call) => calls.get_mut(&call.trial).unwrap().push(*call),
            Event::Ended(end) => drop(ends.insert(end.trial.clone(), *end)),
            _ => {}
        }
    }
    let whole = ends.into_iter().map(|(trial, end)| (trial.clone(), (end, calls.remove(&trial).unwrap())));
    whole.collect()
}

/// Replays the run `run` into another directory, without a key, and ends with this code.
fn replay(lab: &Lab, into: &str, more: &[&str], code: i32) -> Output {
    let all = ["run", "sweep.toml", "--replay", "run", "--run-dir", into, "--no-probe"];
    let output = tokio::task::block_in_place(|| lab.overhang(&[&all, more].concat()).output().unwrap());
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_run_is_replayed_without_provider_and_key_and_a_changed_prompt_diverges() {
    let upstream = ScriptedUpstream::start_with(|_, seen| play(seen)).await.unwrap();
    let lab = Lab::new();
    lab.write("models/messages.toml", &profile("messages", "anthropic-messages", &upstream.url()));
    lab.sweep("messages", &["bare/generic", "claude-code/specific"], "tasks/words/greet", 400_000, "");
    let live = ["run", "sweep.toml", "--run-dir", "run", "--no-probe"];
    let output =
        tokio::task::block_in_place(|| lab.overhang(&live).env("SOMEBODY_API_KEY", KEY).output().unwrap());
    assert!(output.status.success(), "{}", text(&output.stderr));
    drop(upstream);

    let shown = text(&replay(&lab, "again", &["--require-hit"], 0).stdout);
    assert!(shown.contains("· replayed"), "{shown}");
    let (recorded, again) = (trials(&lab, "run"), trials(&lab, "again"));
    assert_eq!(again.len(), 2);
    for (trial, (end, calls)) in &again {
        let (live, live_calls) = &recorded[trial];
        let diffs: Vec<_> = calls.iter().filter(|call| call.replayed.as_ref().unwrap().diverged).collect();
        let show = || text(&lab.overhang(&["show", "again", &trial.0]).output().unwrap().stdout);
        assert!(diffs.is_empty(), "{trial}: {}", show());
        assert_eq!((end.outcome, end.score), (Outcome::Pass, live.score), "{trial}");
        assert_eq!(end.spent, live.spent, "{trial}");
        assert_eq!(end.flags, live.flags, "{trial}");
        let answers = |calls: &[CallRecord]| {
            let answers = calls.iter().map(|call| (call.kind, call.response.clone(), call.usage));
            let mut answers: Vec<_> = answers.map(|answer| format!("{answer:?}")).collect();
            answers.sort();
            answers
        };
        assert_eq!(answers(calls), answers(live_calls), "{trial}");
    }

    // The harness gets another prompt: what it asks is not what was recorded.
    lab.edit("models/prompts/specific.md", "", "Mind the gap. ");
    let only = ["--only", "claude-code"];
    replay(&lab, "other", &only, 0);
    let other = trials(&lab, "other");
    let (trial, (end, calls)) = other.iter().next().unwrap();
    assert_eq!((end.outcome, end.spent), (Outcome::Pass, recorded[trial].0.spent));
    assert!(calls.iter().any(|call| call.replayed.as_ref().is_some_and(|from| from.diverged)));
    let shown = text(&lab.overhang(&["show", "other", &trial.0]).output().unwrap().stdout);
    for part in ["CASSETTE_DIVERGED call", "not the recorded request", "Mind the gap."] {
        assert!(shown.contains(part), "`{part}` is not shown: {shown}");
    }
    // The only trial is missing.
    replay(&lab, "strict", &[&only[..], &["--require-hit"]].concat(), 1);
    let (end, _) = &trials(&lab, "strict")[trial];
    assert_eq!((end.outcome, end.score), (Outcome::CassetteDiverged, None), "{}", end.detail);

    assert_eq!(files_with(lab.root(), KEY), [""; 0]);
    let missing = lab.overhang(&["run", "sweep.toml", "--replay", "strict", "--run-dir", "none"]).output();
    let told = text(&missing.unwrap().stderr);
    assert!(told.contains("strict has no record of messages:bare/generic"), "{told}");
}
