//! The project's own tasks prove themselves, through the same container, collection and grading as any trial.

use std::path::Path;

use ledger::Outcome;

use crate::lab::{Lab, copy};

const IDLE: &str = r#"
id = "idle"
vendor = "overhang"
weights = "open"

[sim]
character = "mute"

[limits]
context = 200_000
output = 32_000
"#;

/// A lab with the repository's tasks in place of the tiny ones.
fn lab() -> Lab {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tasks"), &lab.root().join("tasks"));
    lab.write("models/idle.toml", IDLE);
    lab
}

#[test]
fn every_solution_scores_1() {
    let lab = lab();
    lab.sweep("expert", &["bare/generic"], "tasks/*/*", 2_000_000, "");
    lab.run();
    let ends = lab.ends();
    assert!(ends.len() >= 8, "{} tasks", ends.len());
    let wrong: Vec<_> =
        ends.values().filter(|end| (end.outcome, end.score) != (Outcome::Pass, Some(1.0))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn doing_nothing_scores_0() {
    let lab = lab();
    lab.sweep("idle", &["bare/generic"], "tasks/*/*", 2_000_000, "");
    lab.run();
    let ends = lab.ends();
    assert!(ends.len() >= 8, "{} tasks", ends.len());
    // The verifier saw each work tree as it was and refused it.
    let wrong: Vec<_> = ends.values().filter(|end| end.score != Some(0.0)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
