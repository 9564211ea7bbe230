//! A harness from its empty folder to a trial, and one trial of the bare loop, both watched.

use ledger::{Event, RunDir};

use crate::lab::{Lab, text};

/// What fills in the scaffold of a program that is downloaded, so that it is the puppet under another name.
const FILLED: [(&str, &str); 9] = [
    ("FILL IN: what its --version prints", "1.0.0"),
    ("homepage = \"FILL IN\"", "homepage = \"https://example.com\""),
    ("licence = \"FILL IN\"", "licence = \"Apache-2.0\""),
    ("maker = \"FILL IN\"", "maker = \"overhang\""),
    (
        "    \"FILL IN: the options that make it run without asking anybody\",\n",
        "    \"{{ instruction }}\",\n",
    ),
    (
        "# FILL IN: the variables by which it is told where to call, as whom, and for what, in place of these\n",
        "",
    ),
    ("OPENAI_BASE_URL = \"{{ gateway }}/v1\"", "PUPPET_GATEWAY = \"{{ gateway }}\""),
    ("OPENAI_API_KEY = \"{{ token }}\"\nOPENAI_MODEL", "PUPPET_TOKEN = \"{{ token }}\"\nPUPPET_MODEL"),
    ("FILL IN: the tool that runs a shell command, as it is offered to the model", "bash"),
];

#[test]
fn a_new_harness_is_tried_once_it_is_filled_in() {
    let lab = Lab::new();
    let output = lab.overhang(&["harness", "new", "mine", "--binary"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("overhang harness check mine"), "{}", text(&output.stderr));

    let attempt = || {
        let mut command = lab.overhang(&["try", "words/greet", "--harness", "mine", "--model", "expert"]);
        command.env("XDG_CACHE_HOME", lab.root().join("cache")).output().unwrap()
    };
    let output = attempt();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("harness.toml:3 still says FILL IN"), "{}", text(&output.stderr));

    let file = "harnesses/mine/harness.toml";
    for (from, to) in FILLED {
        lab.edit(file, from, to);
    }
    let declared = fs_err::read_to_string(lab.root().join(file)).unwrap();
    let (before, rest) = declared.split_once("mkdir").unwrap();
    let (_, after) = rest.split_once("'''\n").unwrap();
    lab.write(file, &format!("{before}install -D -m 755 puppet $PACK/bin/mine\n'''\n{after}"));
    let puppet = lab.root().join("harnesses/puppet/puppet");
    fs_err::copy(puppet, lab.root().join("harnesses/mine/puppet")).unwrap();

    let output = attempt();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("  1 main expert ok · in "), "{said}");
    assert!(said.contains("the harness exited with 1; grading"), "{said}");
    assert!(said.contains("PASS · score 1 · "), "{said}");
    assert!(!lab.root().join("runs").exists(), "without --keep, nothing is left");
}

#[test]
fn a_trial_of_the_bare_loop_is_watched_and_kept() {
    let lab = Lab::new();
    let output = lab.overhang(&["try", "words/count", "--model", "expert", "--keep"]).output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    let runs: Vec<_> = fs_err::read_dir(lab.root().join("runs")).unwrap().map(Result::unwrap).collect();
    let [run] = runs.as_slice() else { panic!("{runs:?}") };
    let lines = RunDir::at(run.path()).read().unwrap().lines;
    let calls = lines.iter().filter(|line| matches!(line.event, Event::Call(_))).count();
    assert!(calls > 1, "{said}");
    // Each call once, with the command that it asked for.
    assert_eq!(said.matches(" main expert ok · in ").count(), calls, "{said}");
    assert_eq!(said.matches("    $ ").count(), calls, "{said}");
    assert!(said.contains(" · simulated · stop "), "{said}");
    assert!(said.contains("PASS · score 1 · "), "{said}");

    // What has ended is followed from its beginning to its end.
    let run = run.path().display().to_string();
    let output = lab.overhang(&["show", &run, "count", "--follow"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), said);
}
