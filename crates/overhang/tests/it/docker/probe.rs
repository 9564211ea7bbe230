//! What the arms see of their containers, compared before a sweep: faults put in on purpose stop it.

use ledger::Event;

use crate::lab::{Lab, flags, text};

/// What the puppet's shell tool does wrong, and the lines of the diff that show it.
const FAULTS: [(&str, &[&str]); 4] = [
    ("variable", &["+ env LEAKED = 1"]),
    ("path", &["+ env PATH = /opt/overhang/puppet/bin:", "+ tool puppet = /opt/overhang/puppet/bin/puppet"]),
    ("memory", &["- rlimit Max address space = ", "+ rlimit Max address space = "]),
    ("user", &["- process Uid = ", "+ process Uid = ", "+ process CapEff = 0000000000000000"]),
];

const HARNESS: &str = "harnesses/puppet/harness.toml";

/// Output of a run that keeps its packs and probes in the project.
fn run(lab: &Lab, more: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["run", "sweep.toml", "--run-dir", "run"], more].concat();
    let output = lab.overhang(&arguments).env("XDG_CACHE_HOME", lab.root().join("cache")).output().unwrap();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_difference_between_the_arms_stops_the_sweep_and_is_told_line_by_line() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic", "puppet/specific"], "tasks/words/greet", 60_000, "");
    let declared = fs_err::read_to_string(lab.root().join(HARNESS)).unwrap();
    for (fault, lines) in FAULTS {
        lab.write(HARNESS, &declared.replace("[run.env]", &format!("[run.env]\nPUPPET_FAULT = \"{fault}\"")));
        let (code, said) = run(&lab, &[]);
        assert_eq!(code, Some(2), "{fault}: {said}");
        for line in lines {
            assert!(said.contains(line), "{fault}: no `{line}` in {said}");
        }
    }
    let lines = lab.lines();
    assert!(!lines.iter().any(|line| matches!(line.event, Event::Started { .. })), "a trial was started");

    // On the user's word it is measured all the same, and the report says so.
    let (code, said) = run(&lab, &["--no-probe", "--only", "bare"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(flags(&lab.report()).iter().any(|flag| flag.starts_with("NO_PROBE")));

    // Declared, with its reason, it is no fault.
    let reason = "[[differences]]\nfact = \"process *\"\nreason = \"a test\"\n\n[end]";
    let user = declared.replace("[run.env]", "[run.env]\nPUPPET_FAULT = \"user\"").replace("[end]", reason);
    lab.write(HARNESS, &user);
    let (code, said) = run(&lab, &["--only", "bare"]);
    assert_eq!(code, Some(0), "{said}");
    let probes = |lab: &Lab| -> Vec<_> {
        let probed = lab.lines().into_iter().filter_map(|line| match line.event {
            Event::Probed(probe) if probe.arm.to_string() == "puppet/specific" => Some(*probe),
            _ => None,
        });
        probed.collect()
    };
    // All trials of the selection had ended: nothing was left to be probed for.
    assert_eq!(probes(&lab).len(), FAULTS.len());
    let (code, said) = run(&lab, &[]);
    assert_eq!(code, Some(0), "{said}");
    let probe = probes(&lab).pop().unwrap();
    assert_eq!((probe.differences.len(), probe.cached, probe.outside), (0, false, false));
    assert!(probe.allowed.contains(&"process Uid: a test (puppet)".to_owned()), "{:?}", probe.allowed);
}

#[test]
fn a_harness_that_crashes_at_first_is_stopped_and_leaves_no_zeros() {
    let lab = Lab::new();
    let arms = ["bare/generic", "puppet/specific"];
    lab.sweep("expert", &arms, "tasks/words/greet", 60_000, "attempts = 5\nconcurrency = 1");
    lab.write(
        "tasks/words/greet/instruction.md",
        "honest is what you are: write `hello, \"world\"` into greeting.txt.\n",
    );
    let declared = fs_err::read_to_string(lab.root().join(HARNESS)).unwrap();
    lab.write(HARNESS, &declared.replace("[run.env]", "[run.env]\nPUPPET_FAULT = \"dead\""));
    let (code, said) = run(&lab, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("STOPPED: puppet/specific with expert: HARNESS_CRASH three times"), "{said}");
    let report = lab.report();
    let summary = |arm: &str| report.arms.iter().find(|one| one.arm == arm).unwrap().clone();
    assert_eq!((summary("bare/generic").ended, summary("puppet/specific").ended), (5, 0));
    let crashed = lab.lines().iter().filter(|line| matches!(line.event, Event::Ended(_))).count() - 5;
    assert_eq!(crashed, 3, "the rest was not started");
    assert!(
        flags(&report)
            .iter()
            .any(|flag| flag.starts_with("ARM_STOPPED: puppet/specific with expert: 5 trials"))
    );

    lab.write(HARNESS, &declared);
    let (code, said) = run(&lab, &[]);
    assert_eq!(code, Some(0), "{said}");
    let report = lab.report();
    assert_eq!(report.arms.iter().map(|arm| (arm.ended, arm.missing)).collect::<Vec<_>>(), [(5, 0), (5, 0)]);
    assert!(!flags(&report).iter().any(|flag| flag.starts_with("ARM_STOPPED")));
}
