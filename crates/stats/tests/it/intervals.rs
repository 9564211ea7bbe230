use stats::{
    Level, arm_rate, clopper_pearson, normal_quantile, t_quantile, t_two_sided, wilson, zero_of_n_upper,
};

use crate::vectors::{close, count, ends, list, load, number};

#[test]
fn single_proportion() {
    for case in list(&load("v01_intervals")["single_proportion"]) {
        let level = Level::new(number(&case["conf"])).unwrap();
        let (x, n) = (count(&case["x"]), count(&case["n"]));
        ends(wilson(x as f64, n as f64, level).unwrap(), &case["wilson"]);
        ends(clopper_pearson(x, n, level).unwrap(), &case["clopper_pearson"]);
    }
}

#[test]
fn effective_sample_size() {
    let case = &load("v01_intervals")["wilson_effective_n"];
    let k = number(&case["k"]);
    let counts: Vec<f64> = list(&case["counts"]).iter().map(number).collect();
    let means: Vec<f64> = counts.iter().map(|c| c / k).collect();
    let trials = means.len() * k as usize;
    let rate = arm_rate(&[means], trials, Level::P95).unwrap();
    close(rate.estimate, &case["p"]);
    close(rate.standard_error.unwrap(), &case["se_task_clustered"]);
    close(rate.effective_n, &case["n_eff"]);
    close(counts.len() as f64 * k / rate.effective_n, &case["deff"]);
    // With Student's t for the normal it is wider.
    let normal = wilson(rate.estimate * rate.effective_n, rate.effective_n, Level::P95).unwrap();
    ends(normal, &case["wilson_neff"]);
    assert!(rate.interval.lower < normal.lower && normal.upper < rate.interval.upper);
    let naive = wilson(counts.iter().sum(), counts.len() as f64 * k, Level::P95).unwrap();
    ends(naive, &case["wilson_naive_pooled"]);
}

#[test]
fn without_spread_the_effective_size_is_the_number_of_clusters() {
    for means in [vec![0.5; 8], vec![0.0; 8], vec![1.0; 8]] {
        assert_eq!(arm_rate(std::slice::from_ref(&means), 8, Level::P95).unwrap().effective_n, 8.0);
        let families: Vec<&[f64]> = means.chunks(2).collect();
        assert_eq!(arm_rate(&families, 8, Level::P95).unwrap().effective_n, 4.0);
    }
    assert!(arm_rate::<Vec<f64>>(&[], 0, Level::P95).is_none());
    assert!(arm_rate(&[vec![1.5]], 1, Level::P95).is_none());
}

#[test]
fn tasks_that_score_alike_are_worth_no_more_than_their_trials() {
    let rate = arm_rate(&[vec![0.49, 0.5, 0.51, 0.5]], 40, Level::P95).unwrap();
    assert_eq!(rate.effective_n, 40.0);
}

#[test]
fn quantiles_and_tails() {
    let vector = load("v01_intervals");
    for case in list(&vector["normal_quantiles"]) {
        close(normal_quantile(number(&case["p"])), &case["norm_ppf"]);
    }
    for case in list(&vector["t_quantiles"]) {
        close(t_quantile(number(&case["p"]), number(&case["df"])), &case["t_ppf"]);
    }
    for case in list(&vector["t_pvalues"]) {
        close(t_two_sided(number(&case["t"]), number(&case["df"])), &case["two_sided_p"]);
    }
}

#[test]
fn impossible_input_is_undefined() {
    assert!(wilson(3.0, 2.0, Level::P95).is_none());
    assert!(wilson(0.0, 0.0, Level::P95).is_none());
    assert!(wilson(f64::NAN, 2.0, Level::P95).is_none());
    assert!(clopper_pearson(0, 0, Level::P95).is_none());
    assert!(zero_of_n_upper(0, Level::P95).is_none());
    assert!(Level::new(1.0).is_err());
}

#[test]
fn nothing_found_is_not_zero() {
    let upper = zero_of_n_upper(30, Level::P95).unwrap();
    assert!((0.95 - (1.0 - (1.0 - upper).powi(30))).abs() < 1e-12);
}
