use serde_json::Value;
use stats::{Gap, Level, MissingGate, TaskTrials, missing_discordance, missing_lines};

use crate::vectors::{close, count, list, load};

fn trials(codes: &Value) -> Vec<Option<f64>> {
    let score = |code: &Value| match code.as_str().unwrap() {
        "P" => Some(1.0),
        "F" => Some(0.0),
        _ => None,
    };
    list(codes).iter().map(score).collect()
}

fn tasks(case: &Value) -> Vec<TaskTrials> {
    let task = |t: &Value| TaskTrials { baseline: trials(&t["bare"]), other: trials(&t["harness"]) };
    list(&case["tasks"]).iter().map(task).collect()
}

#[track_caller]
fn line(gap: Gap, expected: &Value) {
    assert_eq!(gap.units as u64, count(&expected["n_tasks"]));
    close(gap.estimate, &expected["delta"]);
    close(gap.standard_error().unwrap(), &expected["se"]);
}

#[test]
fn four_lines_and_two_flags() {
    for case in list(&load("v08_missing")["cases"]) {
        let lines = missing_lines(&tasks(case), MissingGate::PROPOSED, Level::P95).unwrap();
        let expected = &case["result"];
        line(lines.intention_to_treat, &expected["itt_missing_as_fail"]);
        line(lines.available_case.unwrap(), &expected["available_case"]);
        line(lines.manski_lower, &expected["manski_lower"]);
        line(lines.manski_upper, &expected["manski_upper"]);
        close(lines.missing_rate_baseline, &expected["missing_rate"]["bare"]);
        close(lines.missing_rate_other, &expected["missing_rate"]["harness"]);
        assert_eq!(lines.fragile, expected["fragile"].as_bool().unwrap());
        assert_eq!(lines.gate_fail, !expected["gate_ok"].as_bool().unwrap());
        let dropped = list(&case["tasks"]).len() as u64 - count(&expected["available_case"]["n_tasks"]);
        assert_eq!(lines.dropped_tasks as u64, dropped);
    }
}

#[test]
fn which_arm_loses_more() {
    let vector = load("v08_missing");
    let counts = missing_discordance(&tasks(&vector["cases"][0]));
    assert_eq!((counts.baseline_only, counts.other_only, counts.tasks), (1, 2, 5));
}

#[test]
fn a_rate_on_the_limit_passes() {
    assert!(!MissingGate::PROPOSED.fails(0.02, 0.01));
    assert!(MissingGate::PROPOSED.fails(0.021, 0.02));
    assert!(MissingGate::PROPOSED.fails(0.015, 0.0));
}

#[test]
fn an_arm_without_planned_attempts_is_undefined() {
    let task = TaskTrials { baseline: vec![Some(1.0)], other: vec![] };
    assert!(missing_lines(&[task], MissingGate::PROPOSED, Level::P95).is_none());
    assert!(missing_lines(&[], MissingGate::PROPOSED, Level::P95).is_none());
}
