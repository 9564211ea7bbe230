use serde_json::Value;
use stats::{Level, PassGap, TaskPair, pass_at_k, pass_gap, pass_hat_k, selector_efficiency};

use crate::vectors::{close, count, list, load, same, score};

#[test]
fn single_tasks() {
    for case in list(&load("v10_passk")["cases"]) {
        let of = |name: &str| count(&case[name]) as u32;
        let (c, n, k) = (of("c"), of("n"), of("k"));
        same(pass_at_k(c, n, k), &case["pass_at_k"]);
        same(pass_hat_k(c, n, k), &case["pass_hat_k"]);
    }
}

#[track_caller]
fn suite(actual: PassGap, expected: &Value) {
    close(actual.baseline, &expected["bare"]);
    close(actual.other, &expected["harness"]);
    close(actual.gap.estimate, &expected["delta"]);
    close(actual.gap.standard_error().unwrap(), &expected["se_delta"]);
}

#[test]
fn suites() {
    let vector = &load("v10_passk")["suite"];
    let pairs: Vec<TaskPair> = list(&vector["bare"])
        .iter()
        .zip(list(&vector["harness"]))
        .map(|(b, o)| TaskPair { baseline: score(b, &vector["n"]), other: score(o, &vector["n"]) })
        .collect();
    for case in list(&vector["by_k"]) {
        let k = count(&case["k"]) as u32;
        suite(pass_gap(&pairs, k, pass_at_k, Level::P95).unwrap(), &case["pass_at_k"]);
        suite(pass_gap(&pairs, k, pass_hat_k, Level::P95).unwrap(), &case["pass_hat_k"]);
    }
    assert!(pass_gap(&pairs, 6, pass_at_k, Level::P95).is_none());
}

#[test]
fn the_plug_in_estimate_would_be_biased() {
    let case = &load("v10_passk")["plugin_bias_example"];
    close(pass_at_k(2, 5, 3).unwrap(), &case["unbiased"]);
    assert!(pass_at_k(2, 5, 3).unwrap() > case["plugin"].as_f64().unwrap());
}

#[test]
fn selectors() {
    assert_eq!(selector_efficiency(0.5, 0.4, 0.6).map(|e| (e * 1e9).round()), Some(5e8));
    assert!(selector_efficiency(0.5, 0.5, 0.5).is_none());
}
