//! Reading the reference vectors: `null` is undefined, "inf" is infinity.

use serde_json::Value;
use stats::{Interval, Score, TaskPair};

pub(crate) fn load(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) if text == "inf" => f64::INFINITY,
        other => other.as_f64().unwrap(),
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

pub(crate) fn integers(value: &Value) -> Vec<i64> {
    list(value).iter().map(|v| v.as_i64().unwrap()).collect()
}

pub(crate) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[track_caller]
pub(crate) fn within(actual: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    assert!(
        actual == expected || (actual - expected).abs() <= tolerance,
        "{actual} is not {expected} ± {tolerance}"
    );
}

#[track_caller]
pub(crate) fn close(actual: f64, expected: &Value) {
    within(actual, expected, 1e-9);
}

#[track_caller]
pub(crate) fn all_close(actual: &[f64], expected: &Value) {
    assert_eq!(actual.len(), list(expected).len());
    for (actual, expected) in actual.iter().zip(list(expected)) {
        close(*actual, expected);
    }
}

/// `None` must meet `null`, a number its number.
#[track_caller]
pub(crate) fn same(actual: Option<f64>, expected: &Value) {
    match actual {
        None => assert!(expected.is_null(), "undefined, but {expected} was expected"),
        Some(actual) => close(actual, expected),
    }
}

#[track_caller]
pub(crate) fn ends(actual: Interval, expected: &Value) {
    all_close(&[actual.lower, actual.upper], expected);
}

pub(crate) fn score(passes: &Value, attempts: &Value) -> Score {
    Score::from_passes(count(passes) as u32, count(attempts) as u32).unwrap()
}

/// The tasks of the paired vector in order, and grouped by family.
pub(crate) fn paired_tasks() -> (Vec<TaskPair>, Vec<Vec<TaskPair>>) {
    let vector = load("v02_paired");
    let mut all = Vec::new();
    let mut families: Vec<(String, Vec<TaskPair>)> = Vec::new();
    for task in list(&vector["tasks"]) {
        let pair = TaskPair {
            baseline: score(&task["bare"], &task["k"]),
            other: score(&task["harness"], &task["k"]),
        };
        all.push(pair);
        let name = task["family"].as_str().unwrap();
        match families.iter_mut().find(|(family, _)| family == name) {
            Some((_, members)) => members.push(pair),
            None => families.push((name.to_owned(), vec![pair])),
        }
    }
    (all, families.into_iter().map(|(_, members)| members).collect())
}
