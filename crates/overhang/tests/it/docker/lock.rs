//! What is registered before a run stands in its ledger before its first trial.

use ledger::Event;

use crate::lab::{Lab, text};

const HYPOTHESES: &str = "due = \"2026-12-31\"\n[[hypothesis]]\nmodel = \"expert\"\narm = \"bare/specific\"\ngap = \"equivalent\"\nmargin = 0.1\n";

fn said(lab: &Lab, arguments: &[&str]) -> (i32, String) {
    let output = lab.overhang(arguments).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_plan_is_locked_and_run() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic", "bare/specific"], "tasks/words/greet", 400_000, "");
    lab.write("hypotheses.toml", HYPOTHESES);
    let lock = ["lock", "sweep.toml", "--hypotheses", "hypotheses.toml", "--run-dir", "run"];
    let (code, told) = said(&lab, &lock);
    assert_eq!(code, 0, "{told}");
    let commitment = told.lines().find_map(|line| line.strip_prefix("commitment ")).unwrap().to_owned();
    let (code, told) = said(&lab, &lock);
    assert!(code == 2 && told.contains("registered already"), "{told}");
    lab.run();
    let events: Vec<Event> = lab.lines().into_iter().map(|line| line.event).collect();
    let place = |is: fn(&Event) -> bool| events.iter().position(is).unwrap();
    let registered = place(|event| matches!(event, Event::Registered(_)));
    assert!(registered < place(|event| matches!(event, Event::Started { .. })));
    let report = lab.report();
    let registration = report.registration.unwrap();
    assert_eq!((registration.commitment, registration.void.len()), (commitment, 0));
    fs_err::remove_file(lab.root().join("run/registration.json")).unwrap();
    let (code, told) = said(&lab, &lock);
    assert!(code == 2 && told.contains("trials have begun"), "{told}");
    let (code, told) = said(&lab, &["lock", "sweep.toml"]);
    assert!(code == 2 && told.contains("--hypotheses"), "{told}");
    lab.write("hypotheses.toml", &HYPOTHESES.replace("bare/specific", "bare/generic"));
    let (code, told) = said(&lab, &lock);
    assert!(code == 2 && told.contains("hypotheses.toml:4"), "{told}");
}
