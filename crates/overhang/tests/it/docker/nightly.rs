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
fn run(lab: &Lab, name: &str) -> Output {
    let folder = program().parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step(name)])
        .current_dir(lab.root())
        .env("PATH", path)
        .env("SWEEP", "sweep.toml")
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

#[test]
fn two_nights_by_the_guide() {
    let lab = Lab::new();
    lab.sweep("engineer", &["bare/generic", "bare/specific"], "tasks/*/*", 400_000, "");
    for name in ["Sweep", "Report", "Compare with last night"] {
        run(&lab, name);
    }
    let first = take(&lab, "summary.md");
    assert!(first.contains("bare/specific") && first.contains("simulated"), "{first}");
    assert!(!first.contains("· B "), "nothing to compare with yet: {first}");
    assert!(take(&lab, "report.html").starts_with("<!DOCTYPE html>"));
    assert!(take(&lab, "report.xml").contains("<testsuite"));

    renamed(&lab, "runs/now", "runs/before");
    // The seed of the second night decides other fates: what moves is noise.
    lab.edit("sweep.toml", "seed = 7", "seed = 8");
    for name in ["Sweep", "Report", "Compare with last night"] {
        run(&lab, name);
    }
    let second = take(&lab, "summary.md");
    assert!(second.contains("What else is not the same") && second.contains("sweep.seed"), "{second}");
}
