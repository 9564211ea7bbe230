use stats::{
    Level, VarianceParts, benjamini_hochberg, benjamini_yekutieli, design_effect, holm, holm_planning_level,
    minimum_detectable, tasks_needed,
};

use crate::vectors::{all_close, close, count, list, load, number, numbers};

fn medians() -> (VarianceParts, f64) {
    let inputs = &load("v07_power")["inputs"];
    let parts = VarianceParts {
        between_tasks: number(&inputs["om2"]),
        baseline: number(&inputs["sB2"]),
        other: number(&inputs["sH2"]),
    };
    (parts, number(&inputs["power"]))
}

#[test]
fn sample_sizes() {
    let vector = load("v07_power");
    let (parts, power) = medians();
    for case in list(&vector["n_tasks"]) {
        let k = count(&case["k"]) as u32;
        let n = tasks_needed(number(&case["delta"]), parts.of_difference(k, k), Level::P95, power);
        close(n.unwrap(), &case["n"]);
    }
    for case in list(&vector["mde"]) {
        let k = count(&case["k"]) as u32;
        let mde = minimum_detectable(count(&case["n"]), parts.of_difference(k, k), Level::P95, power);
        close(mde.unwrap(), &case["mde"]);
    }
    for case in list(&vector["holm_planning_delta_0p05_k5"]) {
        let level = holm_planning_level(Level::P95, count(&case["models"]) as u32);
        close(tasks_needed(0.05, parts.of_difference(5, 5), level, power).unwrap(), &case["n"]);
    }
    for case in list(&vector["k_star"]) {
        close(parts.best_attempts(number(&case["c0"]), number(&case["c1"])).unwrap(), &case["k_star"]);
    }
}

#[test]
fn nothing_to_find_needs_no_finite_number_of_tasks() {
    assert!(tasks_needed(0.0, 0.1, Level::P95, 0.8).is_none());
    assert!(minimum_detectable(0, 0.1, Level::P95, 0.8).is_none());
    assert_eq!(design_effect(5.0, -0.2), 1.0);
    assert_eq!(design_effect(5.0, 0.25), 2.0);
}

#[test]
fn multiplicity() {
    for case in list(&load("v06_multiplicity")["cases"]) {
        let p: Vec<Option<f64>> = numbers(&case["p"]).into_iter().map(Some).collect();
        all_close(&holm(&p), &case["holm"]);
        all_close(&benjamini_hochberg(&p), &case["bh"]);
        all_close(&benjamini_yekutieli(&p), &case["by"]);
    }
}

#[test]
fn a_model_that_could_not_run_still_counts() {
    assert_eq!(holm(&[Some(0.02), None]), holm(&[Some(0.02), Some(1.0)]));
    assert_eq!(holm(&[Some(0.02), None])[0], 0.04);
}
