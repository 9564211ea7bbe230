use proptest::prelude::*;
use stats::{
    Design, Inference, Level, TaskTrials, families_needed, intraclass_correlation, macro_gap,
    noncentral_power, noncentrality,
};

use crate::vectors::{close, integers, list, load, number, numbers, within};

fn split(values: &[f64], sizes: &[i64]) -> Vec<Vec<f64>> {
    let mut rest = values;
    sizes
        .iter()
        .map(|size| {
            let (family, others) = rest.split_at(*size as usize);
            rest = others;
            family.to_vec()
        })
        .collect()
}

#[test]
fn cr2_and_satterthwaite_are_those_of_clubsandwich() {
    for case in list(&load("v18_clustered")["cases"]) {
        let families = split(&numbers(&case["d"]), &integers(&case["sizes"]));
        let found = Inference::of_values(&families, (-9.0, 9.0)).unwrap();
        close(found.estimate, &case["estimate"]);
        close(found.standard_error, &case["se"]);
        close(found.design.df(), &case["df"]);
        close(found.p_value(), &case["p"]);
        for (level, ends) in [(0.95, &case["ci95"]), (0.975, &case["ci975"])] {
            let interval = found.interval(Level::new(level).unwrap());
            within(interval.lower, &ends[0], 1e-8);
            within(interval.upper, &ends[1], 1e-8);
        }
    }
}

#[test]
fn power_is_that_of_the_noncentral_t() {
    for case in list(&load("v18_clustered")["power"]) {
        let level = Level::new(1.0 - number(&case["alpha"])).unwrap();
        let found = noncentral_power(number(&case["df"]), number(&case["delta"]), level);
        within(found, &case["power"], 1e-6);
    }
}

#[test]
fn the_noncentrality_has_the_power_it_was_asked_for() {
    for (df, power) in [(1.0, 0.8), (3.5, 0.8), (40.0, 0.9), (1e6, 0.8)] {
        let found = noncentral_power(df, noncentrality(df, Level::P95, power), Level::P95);
        assert!((found - power).abs() < 1e-9, "{df}: {found}");
    }
}

#[test]
fn families_of_one_size_are_the_t_inference_over_their_means() {
    let families = [vec![0.1, 0.4], vec![-0.2, 0.3], vec![0.5, 0.5], vec![0.0, -0.1]];
    let (ours, means) =
        (Inference::of_values(&families, (-1.0, 1.0)).unwrap(), macro_gap(&families, Level::P95));
    let student = *means.unwrap().student().unwrap();
    assert!((ours.standard_error - student.standard_error).abs() < 1e-12);
    assert!((ours.design.df() - 3.0).abs() < 1e-12);
    assert!((ours.p_value() - student.p_value).abs() < 1e-12);
}

#[test]
fn tasks_of_one_family_are_clusters_themselves() {
    let found = Inference::of_values(&[vec![0.0, 1.0, 0.5, 0.0]], (-1.0, 1.0)).unwrap();
    assert_eq!((found.design.clusters(), found.design.df().round()), (4, 3.0));
    assert!(!found.design.clusters_are_families());
}

#[test]
fn a_fall_from_all_to_nothing_has_an_interval() {
    let families = vec![vec![-1.0; 4]; 6];
    let found = Inference::of_values(&families, (-1.0, 1.0)).unwrap();
    let interval = found.interval(Level::P95);
    // 1 − 0.05^(1/6) of such families may be otherwise, and those have 1 at most.
    assert!((interval.upper - (-1.0 + 2.0 * (1.0 - 0.05_f64.powf(1.0 / 6.0)))).abs() < 1e-12);
    assert!((found.p_value() - 0.5_f64.powi(6)).abs() < 1e-12);
    assert_eq!(interval.lower, -1.0);
    assert_eq!(found.smallest_detectable(Level::P95, 0.8), None);
}

#[test]
fn two_families_can_state_next_to_nothing() {
    let design = Design::new(&[20, 20]).unwrap();
    assert!(design.smallest_detectable(0.2, 0.1, Level::P95, 0.8).unwrap() > 1.0);
    assert_eq!(Design::new(&[1]).unwrap().smallest_detectable(0.2, 0.1, Level::P95, 0.8), None);
}

#[test]
fn the_number_of_families_needed_is_enough_and_one_less_is_not() {
    let power = |families: usize| Design::new(&vec![4; families]).unwrap().power(0.1, 0.2, 0.1, Level::P95);
    let needed = families_needed(0.1, 0.2, 0.1, 4, Level::P95, 0.8).unwrap();
    assert!(power(needed) >= 0.8 && power(needed - 1) < 0.8, "{needed}");
    assert_eq!(families_needed(0.0, 0.2, 0.1, 4, Level::P95, 0.8), None);
}

#[test]
fn alike_tasks_correlate_and_unlike_ones_do_not() {
    assert!(intraclass_correlation(&[vec![1.0, 0.9], vec![0.0, 0.1]]).unwrap() > 0.9);
}

fn trial() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![4 => Just(Some(0.0)), 4 => Just(Some(1.0)), 1 => Just(Some(0.5)), 1 => Just(None)]
}

fn families() -> impl Strategy<Value = Vec<Vec<TaskTrials>>> {
    let task = (prop::collection::vec(trial(), 2), prop::collection::vec(trial(), 2))
        .prop_map(|(baseline, other)| TaskTrials { baseline, other });
    prop::collection::vec(prop::collection::vec(task, 1..4), 2..6)
}

/// The trials with every missing one scored by `score`.
fn filled(families: &[Vec<TaskTrials>], mut score: impl FnMut() -> f64) -> Vec<Vec<TaskTrials>> {
    let mut families = families.to_vec();
    for task in families.iter_mut().flatten() {
        for trial in task.baseline.iter_mut().chain(&mut task.other) {
            trial.get_or_insert_with(&mut score);
        }
    }
    families
}

fn families_agree(families: &[Vec<TaskTrials>]) -> bool {
    let mean = |trials: &[Option<f64>]| trials.iter().flatten().sum::<f64>() / trials.len() as f64;
    let means: Vec<f64> = families
        .iter()
        .map(|family| {
            let differences = family.iter().map(|task| mean(&task.other) - mean(&task.baseline));
            differences.sum::<f64>() / family.len() as f64
        })
        .collect();
    means.iter().all(|mean| (mean - means[0]).abs() < 1e-9)
}

proptest! {
    /// Whatever the missing trials would have scored, the interval of the whole truth lies inside.
    #[test]
    fn no_score_of_a_missing_trial_leads_out_of_the_interval(
        families in families(),
        scores in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64], 24),
    ) {
        let found = Inference::of_trials(&families).unwrap();
        let mut next = scores.iter().cycle();
        let whole = filled(&families, || *next.next().unwrap());
        let truth = Inference::of_trials(&whole).unwrap();
        // Families that agree to the last digit have an interval of another kind, that over tasks.
        prop_assume!(!families_agree(&whole));
        let (outer, inner) = (found.interval(Level::P95), truth.interval(Level::P95));
        prop_assert!(outer.lower <= inner.lower + 1e-9 && inner.upper <= outer.upper + 1e-9);
        prop_assert!(found.p_value() >= truth.p_value() - 1e-9);
    }

    /// A difference is stated exactly when the interval leaves out 0.
    #[test]
    fn interval_and_test_agree(families in families(), confidence in 0.5..0.999_f64) {
        let (found, level) = (Inference::of_trials(&families).unwrap(), Level::new(confidence).unwrap());
        let interval = found.interval(level);
        prop_assume!((found.p_value() - level.alpha()).abs() > 1e-9);
        prop_assert_eq!(!interval.contains(0.0), found.p_value() < level.alpha());
    }

    /// The equivalence test and its interval agree, and the intervals stay within what is possible.
    #[test]
    fn equivalence_agrees_with_its_interval(families in families(), margin in 0.01..0.9_f64) {
        let found = Inference::of_trials(&families).unwrap();
        let test = found.equivalence(margin, Level::P95);
        prop_assume!((test.p_value - 0.05).abs() > 1e-9);
        prop_assert_eq!(test.equivalent, test.p_value < 0.05);
        prop_assert!(test.interval.lower >= -1.0 && test.interval.upper <= 1.0);
    }

    /// Neither the order of families nor of tasks matters, and the other way round is the negative.
    #[test]
    fn order_and_direction(families in families()) {
        let found = Inference::of_trials(&families).unwrap();
        let turned: Vec<Vec<TaskTrials>> = families
            .iter()
            .rev()
            .map(|family| {
                let swap = |task: &TaskTrials| TaskTrials { baseline: task.other.clone(), other: task.baseline.clone() };
                family.iter().rev().map(swap).collect()
            })
            .collect();
        let other = Inference::of_trials(&turned).unwrap();
        prop_assert!((found.estimate + other.estimate).abs() < 1e-12);
        prop_assert!((found.p_value() - other.p_value()).abs() < 1e-9);
    }
}
