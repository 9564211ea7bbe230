//! The steps of docs/guides/nightly.md, run as they stand there.

use std::process::{Command, Output};

use crate::lab::{Lab, program, text};

const GUIDE: &str = include_str!("../../../../../docs/guides/nightly.md");

/// What the step called `name` runs.
fn step(name: &str) -> String {
    let mut lines = GUIDE.lines().skip_while(|line| line.trim() != format!("- name: {name}")).skip(1);
    let run = lines
        .by_ref()
        .find(|line| line.trim_start().starts_with("run: |") || line.trim_start().starts_with("- "));
    assert_eq!(run.map(str::trim), Some("run: |"), "the step `{name}` runs nothing");
    let inside = |line: &&str| line.is_empty() || line.starts_with("          ");
    lines.take_while(inside).map(|line| format!("{}\n", line.trim_start_matches("          "))).collect()
}

/// Runs a step as the runner does: bash, errors stop it.
fn run(lab: &Lab, event: &str, name: &str) -> Output {
    let folder = program().parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step(name)])
        .current_dir(lab.root())
        .env("PATH", path)
        .env("SWEEP", "sweep.toml")
        .env("REHEARSAL", "rehearsal.toml")
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_STEP_SUMMARY", lab.root().join("summary.md"))
        .env_remove("OVERHANG_LOG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}\n{}", output.status, text(&output.stderr));
    output
}

fn take(lab: &Lab, file: &str) -> String {
    let path = lab.root().join(file);
    let content = fs_err::read_to_string(&path).unwrap();
    fs_err::remove_file(path).unwrap();
    content
}

fn renamed(lab: &Lab, from: &str, to: &str) {
    fs_err::rename(lab.root().join(from), lab.root().join(to)).unwrap();
}

fn steps(lab: &Lab, event: &str) {
    for name in ["Sweep", "Report", "Compare with last night"] {
        run(lab, event, name);
    }
}

#[test]
fn two_nights_by_the_guide() {
    let lab = Lab::new();
    lab.sweep("engineer", &["bare/generic", "bare/specific"], "tasks/*/*", 400_000, "");
    steps(&lab, "schedule");
    let first = take(&lab, "summary.md");
    assert!(first.contains("bare/specific") && first.contains("simulated"), "{first}");
    assert!(!first.contains("· B "), "nothing to compare with yet: {first}");
    assert!(take(&lab, "report.html").starts_with("<!DOCTYPE html>"));
    assert!(take(&lab, "report.xml").contains("<testsuite"));

    renamed(&lab, "runs/now", "runs/before");
    // The seed of the second night decides other fates: what moves is noise.
    lab.edit("sweep.toml", "seed = 7", "seed = 8");
    steps(&lab, "schedule");
    let second = take(&lab, "summary.md");
    assert!(second.contains("What else is not the same") && second.contains("sweep.seed"), "{second}");

    // Another prompt in a pull request: last night's answers, and what is asked differently is told.
    renamed(&lab, "runs/before", "runs/first");
    renamed(&lab, "runs/now", "runs/before");
    lab.edit("models/prompts/specific.md", "", "Mind the gap. ");
    steps(&lab, "pull_request");
    let replayed = take(&lab, "summary.md");
    assert!(replayed.contains("REPLAYED_RUN") && replayed.contains("CASSETTE_DIVERGED"), "{replayed}");
}

#[test]
fn a_pull_request_before_the_first_night() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic"], "tasks/words/greet", 400_000, "");
    renamed(&lab, "sweep.toml", "rehearsal.toml");
    steps(&lab, "pull_request");
    let summary = take(&lab, "summary.md");
    assert!(summary.contains("simulated") && !summary.contains("REPLAYED_RUN"), "{summary}");
}
