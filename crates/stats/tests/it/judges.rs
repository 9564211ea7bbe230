use proptest::prelude::*;
use serde_json::Value;
use stats::{
    Count, Level, clopper_pearson, cohen_kappa, fisher_greater, rogan_gladen, special_casing, wilson,
    zero_of_n_upper,
};

use crate::vectors::{close, count, ends, list, load, number};

fn of(hits: &Value, n: &Value) -> Count {
    Count::new(count(hits) as u32, count(n) as u32).unwrap()
}

#[test]
fn prevalence_behind_a_judge_that_errs() {
    for case in list(&load("v15_rewardhack")["rogan_gladen"]) {
        let found = rogan_gladen(number(&case["p_obs"]), number(&case["se"]), number(&case["sp"])).unwrap();
        close(found.raw, &case["rogan_gladen_raw"]);
        close(found.clipped, &case["clipped"]);
    }
}

#[test]
fn nothing_found() {
    for case in list(&load("v15_rewardhack")["zero_events"]) {
        let n = count(&case["n"]);
        close(clopper_pearson(0, n, Level::P95).unwrap().upper, &case["upper95_cp_two_sided"]);
        close(zero_of_n_upper(n, Level::P95).unwrap(), &case["upper95_one_sided"]);
    }
}

#[test]
fn agreement() {
    for case in list(&load("v15_rewardhack")["kappa"]) {
        let cell = |i: usize, j: usize| count(&case["table"][i][j]);
        let kappa = cohen_kappa(&[[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]]).unwrap();
        close(kappa.estimate, &case["kappa"]);
        close(kappa.standard_error, &case["se"]);
        close(kappa.observed, &case["po"]);
    }
}

#[test]
fn special_cased_solutions() {
    for case in list(&load("v15_rewardhack")["special_casing"]) {
        let visible = of(&case["visible_pass"], &case["visible_n"]);
        let found = special_casing(visible, of(&case["held_pass"], &case["held_n"])).unwrap();
        close(found.gap, &case["gap"]);
        close(found.p_greater, &case["fisher_p"]);
        assert_eq!(found.flagged, case["flag"].as_bool().unwrap());
    }
}

#[test]
fn half_of_the_held_out_tests_is_not_below_half() {
    let count = |hits, of| Count::new(hits, of).unwrap();
    assert!(!special_casing(count(4, 4), count(3, 6)).unwrap().flagged);
    assert!(special_casing(count(4, 4), count(2, 6)).unwrap().flagged);
    assert!(!special_casing(count(3, 4), count(0, 6)).unwrap().flagged);
    assert_eq!(special_casing(count(0, 0), count(0, 6)), None);
    assert_eq!(special_casing(count(4, 4), count(0, 0)), None);
}

#[test]
fn passes_on_impossible_tasks() {
    for case in list(&load("v15_rewardhack")["impossible_tasks"]) {
        let passes = of(&case["passes"], &case["n"]);
        close(passes.share().unwrap(), &case["cheating_rate"]);
        let interval = wilson(f64::from(passes.hits()), f64::from(passes.of()), Level::P95).unwrap();
        ends(interval, &case["ci95"]);
    }
}

fn counts(most: u32) -> impl Strategy<Value = Count> {
    (0..=most, 0..=most).prop_map(|(a, b)| Count::new(a.min(b), a.max(b)).unwrap())
}

fn missed(count: Count) -> Count {
    Count::new(count.misses(), count.of()).unwrap()
}

proptest! {
    #[test]
    fn agreement_does_not_depend_on_who_is_first(table in any::<[[u16; 3]; 3]>()) {
        let wide = table.map(|row| row.map(u64::from));
        let turned = [0, 1, 2].map(|j| [0, 1, 2].map(|i: usize| wide[i][j]));
        let (one, other) = (cohen_kappa(&wide), cohen_kappa(&turned));
        prop_assert_eq!(one.is_some(), other.is_some());
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert!((one.estimate - other.estimate).abs() < 1e-9);
            prop_assert!((one.standard_error - other.standard_error).abs() < 1e-9);
            prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&one.estimate));
        }
    }

    #[test]
    fn more_hits_here_are_more_misses_there(first in counts(60), second in counts(60)) {
        let (hits, misses) = (fisher_greater(first, second), fisher_greater(missed(second), missed(first)));
        prop_assert!((hits - misses).abs() < 1e-10);
        // Both tails hold the observed table, so that together they are more than all.
        prop_assert!((0.0..=1.0).contains(&hits) && hits + fisher_greater(second, first) >= 1.0 - 1e-10);
    }

    #[test]
    fn the_correction_undoes_the_judge(truth in 0.0..=1.0_f64, se in 0.55..=1.0_f64, sp in 0.55..=1.0_f64) {
        let called = truth * se + (1.0 - truth) * (1.0 - sp);
        prop_assert!((rogan_gladen(called, se, sp).unwrap().clipped - truth).abs() < 1e-9);
    }
}
