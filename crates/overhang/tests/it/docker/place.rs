//! Where a run is put, what is said of another one that is there, and what `runs/latest` leads to.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::lab::{Lab, program, text};

fn lab() -> Lab {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic"], "tasks/words/greet", 400_000, "");
    lab
}

fn refused(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.overhang(&[&["run", "sweep.toml"], arguments].concat()).output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    told
}

#[test]
fn a_directory_that_is_no_run_is_left_alone() {
    let lab = lab();
    lab.write("docs/page.md", "kept");
    let told = refused(&lab, &["--run-dir", "docs"]);
    assert!(told.contains("docs is no run, and holds page.md"), "{told}");
    assert_eq!(fs_err::read_dir(lab.root().join("docs")).unwrap().count(), 1);
    assert!(!lab.root().join("latest").exists());
}

#[test]
fn a_changed_sweep_is_told_with_what_changed() {
    let lab = lab();
    let ran = lab.overhang(&["run", "sweep.toml"]).output().unwrap();
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let first = fs_err::read_link(lab.root().join("runs/latest")).unwrap();
    lab.edit("sweep.toml", "400000", "300000");
    let told =
        refused(&lab, &["--run-dir", first.to_str().map(|name| format!("runs/{name}")).unwrap().as_str()]);
    assert!(told.contains("sweep.budget.tokens: 400000.0 → 300000.0"), "{told}");
    assert!(!told.contains("planned trials"), "nothing is announced: {told}");
    assert_eq!(fs_err::read_link(lab.root().join("runs/latest")).unwrap(), first);
    let ran = lab.overhang(&["run", "sweep.toml", "--limit", "1"]).output().unwrap();
    let told = text(&ran.stderr);
    assert!(told.contains("this is a new run") && told.contains("sweep.budget.tokens"), "{told}");
    assert_ne!(fs_err::read_link(lab.root().join("runs/latest")).unwrap(), first);
}

#[test]
fn latest_is_the_run_that_goes_on() {
    let lab = lab();
    let mut command = Command::new(program());
    command.args(["run", "sweep.toml"]).current_dir(lab.root());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let latest = lab.root().join("runs/latest");
    let began = Instant::now();
    while !latest.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended, and nothing led to it meanwhile");
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = lab.overhang(&["status", "runs/latest"]).output().unwrap();
    assert!(status.status.success(), "{}", text(&status.stderr));
    assert!(child.wait().unwrap().success());
}

/// What is told in place of the sweep's own word stands in the ledger, and not in the plan.
#[test]
fn a_cap_and_a_concurrency_can_be_told_to_a_run_that_is_there() {
    let lab = lab();
    lab.run();
    let output =
        lab.overhang(&["run", "sweep.toml", "--run-dir", "run", "--concurrency", "3"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Vec<_> = lab
        .lines()
        .into_iter()
        .filter_map(|line| match line.event {
            ledger::Event::Opened { overrides, .. } => Some(overrides.concurrency),
            _ => None,
        })
        .collect();
    assert_eq!(told, [None, Some(3)]);
    let output = lab.overhang(&["run", "sweep.toml", "--spend-cap", "nothing"]).output().unwrap();
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("US dollars"));
}
