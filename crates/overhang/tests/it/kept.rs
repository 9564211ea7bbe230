//! A run kept from an earlier program, with containers, a model and a task whose health check fails: it stays readable.

use std::path::{Path, PathBuf};

use ledger::{Event, RunDir};
use vocabulary::{Outcome, Program};

use crate::lab::{Lab, text};

/// Written by the program of commit `f61cf4b`, on an engine. Its host's name was `lab`.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept/f61cf4b")
}

#[test]
fn its_chain_holds_and_its_older_words_are_understood() {
    let contents = RunDir::at(kept()).read().unwrap();
    assert_eq!((contents.unknown, contents.truncated), (0, false));
    let failed = contents.lines.iter().filter_map(|line| match &line.event {
        Event::Ended(end) if end.trial.0.contains(":words/ill:") => Some(end.outcome),
        _ => None,
    });
    // What was written as `DOCKER`.
    assert_eq!(failed.collect::<Vec<_>>(), [Outcome::Engine; 2]);
    let opened = contents.lines.iter().find_map(|line| match &line.event {
        Event::Opened { program, .. } => Some(program.clone()),
        _ => None,
    });
    assert_eq!(opened, Some(Program::from("0.0.0".to_owned())));
}

#[test]
fn report_show_and_status_read_it() {
    let lab = Lab::new();
    let run = kept();
    let run = run.to_str().unwrap();
    let said = |arguments: &[&str]| {
        let output = lab.overhang(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    insta::assert_snapshot!(said(&["report", run]));
    insta::assert_snapshot!(said(&["show", run, "engineer:bare/generic:words/greet:1"]));
    let found: audit::RunAudit = serde_json::from_str(&said(&["audit", run, "--json"])).unwrap();
    assert_eq!((found.trials.len(), found.planned), (8, 8));
    for trial in &found.trials {
        assert_eq!((audit::flags(&trial.checks), &trial.unreadable), (vec![], &vec![]), "{}", trial.trial);
    }
    // It does not hold what its agents were given.
    let unknown = |check: &audit::Check| matches!(check.state, audit::State::Unknown { .. });
    assert!(found.trials.iter().any(|trial| trial.checks.iter().any(unknown)));
    assert!(said(&["show", run]).contains("words/ill"));
    assert!(said(&["status", run]).contains('8'));
}
