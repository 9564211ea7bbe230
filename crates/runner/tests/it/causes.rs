//! What a model does is one outcome in every arm, and what a provider refuses is judged by its cause.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ledger::{Event, Outcome, event::TrialEnd};
use runner::Finished;
use scripted::{Answer, ScriptedUpstream, Seen, Step};
use serde_json::json;
use vocabulary::FlagName;

use crate::lab::{DONE, Lab, SOLUTION};

const ARMS: [&str; 2] = ["bare/generic", "puppet/specific"];

fn solves() -> Step {
    Step::Answer(Answer::text("I do it.").calling("bash", json!({"command": format!("{SOLUTION}; {DONE}")})))
}

/// A lab whose harness speaks another dialect than the provider.
fn translated(upstream: &ScriptedUpstream) -> Lab {
    let lab = Lab::new();
    lab.puppet("honest");
    lab.scripted(upstream);
    let model = fs_err::read_to_string(lab.root().join("models/scripted.toml")).unwrap();
    lab.write("models/scripted.toml", &model.replace("openai-chat", "anthropic-messages"));
    lab
}

fn ends(lab: &Lab) -> Vec<TrialEnd> {
    lab.ends().into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_only_talks_has_one_code_in_every_arm_and_stops_none() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("I would."))]).await.unwrap();
    let lab = Lab::new();
    lab.puppet("honest");
    lab.scripted(&upstream);
    lab.sweep("scripted", &ARMS, &["words/greet"], "attempts = 4\nconcurrency = 1");
    assert_eq!(lab.run().await, Finished::Complete);
    assert_eq!(ends(&lab).len(), 8);
    for end in ends(&lab) {
        assert_eq!((end.outcome, end.score.is_some()), (Outcome::NoToolCall, true), "{}", end.detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_of_ours_is_missing_stops_the_arm_and_is_tried_again_once_mended() {
    let mended = Arc::new(AtomicBool::new(false));
    let flag = mended.clone();
    let upstream = ScriptedUpstream::start_with(move |_, seen: &Seen| {
        let is_second = seen.json.to_string().contains("tool_result");
        if is_second && !flag.load(Ordering::Relaxed) {
            let why = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no signature"}});
            return Step::Status(400, Vec::new(), why.to_string());
        }
        if is_second || flag.load(Ordering::Relaxed) {
            return solves();
        }
        Step::Answer(Answer::text("I look.").calling("bash", json!({"command": "ls"})))
    });
    let upstream = upstream.await.unwrap();
    let lab = translated(&upstream);
    lab.sweep("scripted", &ARMS, &["words/greet"], "attempts = 4\nconcurrency = 1");
    assert_eq!(lab.run().await, Finished::ArmStopped);
    assert_eq!(ends(&lab).len(), 6, "the fourth of each arm is not begun");
    for end in ends(&lab) {
        assert_eq!((end.outcome, end.score), (Outcome::Provider400, None), "{}", end.detail);
        assert!(end.flags.iter().any(|flag| flag.name == FlagName::ProviderRefused), "{:?}", end.flags);
    }
    let stopped = |event: &Event| matches!(event, Event::ArmStopped { outcome: Outcome::Provider400, detail, .. } if detail.contains("no signature"));
    assert_eq!(lab.count(stopped), 2);
    mended.store(true, Ordering::Relaxed);
    assert_eq!(lab.run().await, Finished::Complete);
    assert_eq!(lab.count(|event| matches!(event, Event::Reopened { .. })), 6);
    let passed = |event: &Event| matches!(event, Event::Ended(end) if end.outcome == Outcome::Pass);
    assert_eq!(lab.count(passed), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twin_tells_what_a_dialect_does_not_carry_and_nothing_else() {
    // A reason to stop that the harness's dialect does not have.
    let odd = Arc::new(AtomicBool::new(false));
    let flag = odd.clone();
    let upstream = ScriptedUpstream::start_with(move |_, seen: &Seen| {
        let Step::Answer(answer) = solves() else { return solves() };
        let (kind, pieces) = scripted::render(&answer, seen);
        let text = String::from_utf8(pieces.concat()).unwrap();
        let text =
            if flag.load(Ordering::Relaxed) { text.replace("\"tool_use\"", "\"pause_turn\"") } else { text };
        let text = text.replace("\"type\":\"pause_turn\"", "\"type\":\"tool_use\"");
        Step::Pieces(kind, vec![text.into_bytes()], std::time::Duration::ZERO)
    });
    let upstream = upstream.await.unwrap();
    for (is_odd, wanted) in [(false, 0), (true, 1)] {
        odd.store(is_odd, Ordering::Relaxed);
        let lab = translated(&upstream);
        lab.sweep("scripted", &ARMS, &["words/greet"], "twin = true");
        assert_eq!(lab.run().await, Finished::Complete);
        let bare: Vec<_> = ends(&lab).into_iter().filter(|end| end.trial.0.contains(":bare/")).collect();
        let flags: Vec<_> = bare.iter().flat_map(|end| &end.flags).map(ToString::to_string).collect();
        let found = flags.iter().filter(|flag| {
            flag.starts_with("WIRE_DIFFERENCE: puppet (openai-chat") && flag.contains("call 1: answer.stop")
        });
        assert_eq!((flags.len(), found.count()), (wanted, wanted), "{flags:?}");
    }
}
