//! The worked example of `docs/architecture/ledger.md`: a run of five lines, the same each time it is written.

use std::{collections::BTreeMap, path::PathBuf};

use ledger::{
    Event, Outcome, RunDir,
    chain::{canonical, first_link, next_link},
    event::TrialEnd,
};
use serde_json::{Value, json};
use vocabulary::Spent;

use crate::{opened, plan};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/ledger-example")
}

fn events() -> Vec<Event> {
    let plan = plan(1);
    let trial = plan.trials[0].id.clone();
    let end = TrialEnd {
        trial: trial.clone(),
        try_number: 1,
        outcome: Outcome::Pass,
        detail: String::new(),
        score: Some(1.0),
        rewards: BTreeMap::from([("reward".to_owned(), 1.0)]),
        spent: Spent::default(),
        unspent: 1000.0,
        agent_seconds: 1.5,
        grading_seconds: 0.25,
        total_seconds: 2.0,
        workspace: None,
        changed_outside: None,
        commands: None,
        verifier_output: None,
        harness_output: None,
        self_report: None,
        dns_names: Vec::new(),
        contacts: Vec::new(),
        resources: BTreeMap::new(),
        regraded: Vec::new(),
        audited: None,
        flags: Vec::new(),
    };
    vec![
        opened(&plan),
        Event::Started { trial: trial.clone(), try_number: 1, image: "sha256:image".into() },
        Event::Stopped { trial, try_number: 1, reason: None, detail: String::new(), seconds: 1.5 },
        Event::Ended(Box::new(end)),
        Event::Closed { reason: "every planned trial has ended".into() },
    ]
}

/// The files of the example, by name.
fn files() -> Vec<(&'static str, String)> {
    let plan = plan(1);
    let id = "01a22600-0000-7000-8000-000000000000";
    let (mut head, mut text) = (first_link(id), String::new());
    for (seq, event) in events().into_iter().enumerate() {
        let mut line = json!({"seq": seq, "at_ms": 1_764_374_400_000_u64 + seq as u64, "event": event});
        head = next_link(&head, &line);
        line["hash"] = Value::String(head.clone());
        text.push_str(std::str::from_utf8(&canonical(&line)).unwrap());
        text.push('\n');
    }
    let run = json!({"id": id, "plan_digest": plan.digest().unwrap()});
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    vec![
        ("plan.json", pretty(&serde_json::to_value(&plan).unwrap())),
        ("run.json", pretty(&run)),
        ("ledger.jsonl", text),
    ]
}

/// Written by `OVERHANG_WRITE_DOCS=1 cargo test -p ledger example`.
#[test]
fn the_example_is_what_this_program_writes_and_reads() {
    for (name, text) in files() {
        let file = folder().join(name);
        if std::env::var_os("OVERHANG_WRITE_DOCS").is_some() {
            fs_err::write(&file, &text).unwrap();
        }
        assert_eq!(fs_err::read_to_string(&file).unwrap(), text, "{name}");
    }
    let run = RunDir::at(folder());
    assert_eq!(run.plan().unwrap(), plan(1));
    let contents = run.read().unwrap();
    assert_eq!(contents.lines.into_iter().map(|line| line.event).collect::<Vec<_>>(), events());
}
