use serde_json::Value;
use stats::{Bca, Level, Replicates, Steps, exact_bootstrap, jackknife, seeded_bootstrap};

use crate::vectors::{all_close, close, count, ends, integers, list, load, number};

fn steps(case: &Value) -> Steps {
    Steps::new(integers(&case["d_int"]), case["k"].as_i64().unwrap()).unwrap()
}

#[track_caller]
fn correction(bca: &Bca, expected: &Value) {
    close(bca.z0, &expected["z0"]);
    close(bca.acceleration, &expected["a"]);
    close(bca.alpha_lower, &expected["alpha1"]);
    close(bca.alpha_upper, &expected["alpha2"]);
}

#[test]
fn exact_by_convolution() {
    for case in list(&load("v04_bootstrap")["exact_convolution"]) {
        let exact = exact_bootstrap(&steps(case), Level::P95).unwrap();
        close(exact.estimate, &case["theta"]);
        close(exact.standard_deviation, &case["boot_sd"]);
        close(exact.probability_of_estimate, &case["pmf_at_obs"]);
        close(exact.probability_not_positive, &case["prob_le_0"]);
        ends(exact.percentile, &case["percentile"]);
        let bca = exact.bca.unwrap();
        correction(&bca, case);
        ends(bca.interval, &case["bca"]);
    }
}

#[test]
fn exact_is_what_trying_all_resamples_gives() {
    let case = &load("v04_bootstrap")["exact_n5"];
    let exact = exact_bootstrap(&steps(case), Level::P95).unwrap();
    close(exact.standard_deviation, &case["boot_se"]);
    ends(exact.percentile, &case["percentile"]);
    let bca = exact.bca.unwrap();
    correction(&bca, &case["bca"]);
    close(bca.interval.lower, &case["bca"]["lo"]);
    close(bca.interval.upper, &case["bca"]["hi"]);
}

#[test]
fn equal_numbers_are_degenerate() {
    let case = &load("v04_bootstrap")["degenerate"];
    let exact = exact_bootstrap(&Steps::new(integers(&case["d_int"]), 5).unwrap(), Level::P95).unwrap();
    assert_eq!((exact.percentile.lower, exact.percentile.upper), (exact.estimate, exact.estimate));
    assert!(exact.bca.is_none());
    assert!(exact_bootstrap(&Steps::new(vec![], 1).unwrap(), Level::P95).is_none());
    assert!(exact_bootstrap(&Steps::new(vec![0, i64::MAX], 1).unwrap(), Level::P95).is_none());
}

fn pinned(case: &Value) -> (Vec<f64>, Replicates) {
    let values: Vec<f64> = integers(&case["d_int"]).iter().map(|x| *x as f64).collect();
    let replicates =
        seeded_bootstrap(values.len() as u32, count(&case["B"]) as u32, count(&case["seed"]), |drawn| {
            drawn.iter().map(|i| values[*i]).sum()
        });
    (values.clone(), replicates.unwrap())
}

#[test]
fn seeded() {
    let case = &load("v04_bootstrap")["pinned_n12"];
    let (values, replicates) = pinned(case);
    let scale = 1.0 / (values.len() as f64 * number(&case["k"]));
    all_close(&replicates.values()[..10], &case["first_10_replicate_int_sums"]);
    close(replicates.values().iter().sum(), &case["replicate_sum_checksum"]);
    close(replicates.standard_deviation().unwrap() * scale, &case["boot_se"]);
    let percentile = replicates.percentile(Level::P95);
    all_close(&[percentile.lower * scale, percentile.upper * scale], &case["percentile"]);
    let sum = values.iter().sum::<f64>();
    close(sum * scale, &case["theta"]);
    let left_out = jackknife(values.len() as u32, |kept| kept.iter().map(|i| values[*i]).sum());
    let bca = replicates.bca(sum, &left_out, Level::P95).unwrap();
    correction(&bca, &case["bca"]);
    close(bca.interval.lower * scale, &case["bca"]["lo"]);
    close(bca.interval.upper * scale, &case["bca"]["hi"]);
    assert!(replicates.bca(1e6, &left_out, Level::P95).is_none());
}

#[test]
fn whole_families() {
    let case = &load("v04_bootstrap")["family_cluster"];
    let names: Vec<&str> = list(&case["order"]).iter().map(|name| name.as_str().unwrap()).collect();
    let families: Vec<Vec<i64>> = names.iter().map(|name| integers(&case["families"][name])).collect();
    let statistic = |drawn: &[usize]| {
        let total: i64 = drawn.iter().flat_map(|f| &families[*f]).sum();
        let tasks: usize = drawn.iter().map(|f| families[*f].len()).sum();
        total as f64 / (5 * tasks) as f64
    };
    let replicates = seeded_bootstrap(4, count(&case["B"]) as u32, count(&case["seed"]), statistic).unwrap();
    all_close(&replicates.values()[..5], &case["first_5"]);
    close(replicates.standard_deviation().unwrap(), &case["boot_se"]);
    ends(replicates.percentile(Level::P95), &case["percentile"]);
}

#[test]
fn nothing_to_resample_is_undefined() {
    assert!(seeded_bootstrap(0, 10, 1, |_| 0.0).is_none());
    assert!(seeded_bootstrap(3, 0, 1, |_| 0.0).is_none());
    assert!(seeded_bootstrap(3, 10, 1, |_| f64::NAN).is_none());
}
