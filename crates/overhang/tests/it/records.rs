//! `report`, `show` and `merge` over ledgers that were written by hand.

use ledger::{BlobStore, Digest, Event};
use testkit::runs::{graded, opened_with, plan};
use vocabulary::CallEnding;

use crate::lab::{Lab, text};

const ARMS: [&str; 2] = ["bare/generic", "robot/specific"];
const TASKS: [&str; 2] = ["fix/one", "port/two"];

/// A run that has ended: the baseline fails everything, the other arm nothing.
pub(crate) fn lab() -> Lab {
    let lab = Lab::new();
    let run = lab.run_dir();
    let plan = plan(&ARMS, &TASKS, 1);
    run.prepare(&plan).unwrap();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[opened_with(&plan)]).unwrap();
    for arm in ARMS {
        for task in TASKS {
            let mut events = graded(arm, task, 1, arm != ARMS[0]);
            let blobs = run.blobs();
            for event in &mut events {
                if let Event::Call(call) = event {
                    call.request = Some(blobs.put(b"{\"model\": \"m\"}").unwrap());
                    call.response = Some(blobs.put(b"data: {}\n\n").unwrap());
                }
            }
            if let Some(Event::Ended(end)) = events.last_mut() {
                let content = if arm == ARMS[0] { "one\n" } else { "one\ntwo\n" };
                end.workspace =
                    Some(archive(&blobs, &[("workspace/same", "x"), ("workspace/notes.txt", content)]));
                end.commands = Some(
                    blobs.put(b"{\"call\":1,\"tool\":\"bash\",\"command\":\"cat notes.txt\"}\n").unwrap(),
                );
                end.verifier_output = Some(blobs.put(b"2 checks\n").unwrap());
            }
            ledger.append(&events).unwrap();
        }
    }
    lab
}

fn archive(blobs: &BlobStore, files: &[(&str, &str)]) -> Digest {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    blobs.put(&builder.into_inner().unwrap()).unwrap()
}

/// A run of which one trial goes on asking, and of which most bodies are no requests.
pub(crate) fn audited() -> Lab {
    let lab = lab();
    let trial = testkit::runs::trial(ARMS[1], TASKS[0], 1);
    let again = |number| {
        let ending = if number > 1 { CallEnding::Exhausted } else { CallEnding::Ok };
        let body =
            lab.run_dir().blobs().put(br#"{"model": "m", "messages": [{"role": "user", "content": "Go."}]}"#);
        let request = Some(body.unwrap());
        let call = ledger::CallRecord { ending, request, ..testkit::runs::call(&trial, number) };
        Event::Call(Box::new(call))
    };
    let mut events = graded(ARMS[1], TASKS[0], 1, true);
    events.splice(2..3, (1..=5).map(again));
    events.insert(0, Event::Reopened { trial: trial.clone() });
    lab.run_dir().open().unwrap().0.append(&events).unwrap();
    lab
}

#[test]
fn an_audit_tells_what_was_found_and_what_cannot_be_told() {
    let output = audited().overhang(&["audit", "run"]).output().unwrap();
    assert_eq!(text(&output.stderr), "");
    let told = text(&output.stdout);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn a_trial_is_shown_beside_its_pair() {
    let lab = lab();
    let output = lab.overhang(&["show", "run", "robot/specific:fix"]).output().unwrap();
    assert_eq!(text(&output.stderr), "");
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn one_call_is_printed_with_its_bodies() {
    let lab = lab();
    let output = lab.overhang(&["show", "run", "robot/specific:fix", "--call", "1"]).output().unwrap();
    let whole: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["call"]["charged"], 110.0);
    assert_eq!(whole["request"], serde_json::json!({"model": "m"}));
    assert_eq!(whole["response"], "data: {}\n\n");
    let output = lab.overhang(&["show", "run", "robot/specific:fix", "--call", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("has no call 2; it has 1"), "{}", text(&output.stderr));
}

#[test]
fn trials_are_listed_and_a_name_must_fit_one() {
    let lab = lab();
    let output = lab.overhang(&["show", "run"]).output().unwrap();
    insta::assert_snapshot!(text(&output.stdout));
    let output = lab.overhang(&["show", "run", "fix"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("a_name_that_fits_several", text(&output.stderr));
}

#[test]
fn a_ledger_that_was_edited_is_refused_with_its_line() {
    let lab = lab();
    let line = lab.lines().iter().position(|line| matches!(line.event, Event::Ended(_))).unwrap() + 1;
    lab.edit("run/ledger.jsonl", "\"score\":0,", "\"score\":1.0");
    let output = lab.overhang(&["report", "run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = lab.redacted(&output.stderr);
    assert!(said.contains(&format!("run/ledger.jsonl, line {line}: its hash does not follow")), "{said}");
}
