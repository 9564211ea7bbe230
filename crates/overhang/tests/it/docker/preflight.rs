//! A model is asked before anything is built for it.

use ledger::Event;
use scripted::{ScriptedUpstream, Step};

use super::loopback::{KEY, play, profile};
use crate::lab::{Lab, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_the_run_before_anything_is_built_and_an_outage_is_waited_out() {
    let refusing = |status| Step::Status(status, vec![], "{\"error\": {\"message\": \"not today\"}}".into());
    let upstream = ScriptedUpstream::start_with(move |number, seen| match number {
        0 => refusing(402),
        1 => refusing(503),
        _ => play(seen),
    });
    let upstream = upstream.await.unwrap();
    let lab = Lab::new();
    lab.write("models/somebody.toml", &profile("somebody", "openai-chat", &upstream.url()));
    lab.sweep("somebody", &["bare/generic"], "tasks/words/greet", 400_000, "");
    let run = || {
        let mut command = lab.overhang(&["run", "sweep.toml", "--run-dir", "run"]);
        command.env("SOMEBODY_API_KEY", KEY).output().unwrap()
    };
    let refused = run();
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("model `somebody`: the provider answered 402: not today"), "{said}");
    assert!(said.contains("help: add credit") && said.contains("--wait"), "{said}");
    assert!(!lab.root().join("run").exists(), "nothing was begun");

    let waited = run();
    let said = text(&waited.stderr);
    assert!(said.contains("503: not today; waiting until it answers"), "{said}");
    let lines = lab.lines();
    let opened = lines.iter().position(|line| matches!(line.event, Event::Opened { .. })).unwrap();
    let Event::Preflight(preflight) = &lines[opened + 1].event else {
        panic!("{:?}", lines[opened + 1].event)
    };
    assert_eq!(preflight.model, "somebody");
    assert!(upstream.seen()[2].json["tools"][0]["function"]["name"] == "report_ready");
}
