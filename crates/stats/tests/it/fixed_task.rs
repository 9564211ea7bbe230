use stats::{Level, Score, TaskPair, differences, equivalence, fixed_task_gap, micro_gap, stratified_exact};

use crate::vectors::{close, ends, list, load, number, paired_tasks};

#[test]
fn attempt_noise_alone() {
    let expected = &load("v02_paired")["fixed_task"];
    let gap = fixed_task_gap(&paired_tasks().0, Level::P95).unwrap();
    close(gap.standard_error, &expected["se"]);
    ends(gap.interval.unwrap(), &expected["ci95_normal"]);
}

#[test]
fn one_attempt_says_nothing_about_its_noise() {
    let pair =
        TaskPair { baseline: Score::from_passes(0, 1).unwrap(), other: Score::from_passes(1, 1).unwrap() };
    assert!(fixed_task_gap(&[pair], Level::P95).is_none());
    assert!(fixed_task_gap(&[], Level::P95).is_none());
}

#[test]
fn partial_credit_has_the_variance_of_its_attempts() {
    let passes = Score::from_passes(2, 5).unwrap();
    let values = Score::from_values(&[1.0, 0.0, 0.0, 1.0, 0.0]).unwrap();
    assert_eq!(passes, values);
    let spread = Score::from_values(&[0.25, 0.75]).unwrap();
    assert_eq!((spread.variance(), spread.passes()), (Some(0.125), None));
}

#[test]
fn stratified() {
    let expected = &load("v03_permutation")["stratified_within_task"];
    close(stratified_exact(&paired_tasks().0).unwrap(), &expected["p_two_sided_exact"]);
}

#[test]
fn stratified_with_unequal_attempts() {
    let pair =
        TaskPair { baseline: Score::from_passes(0, 2).unwrap(), other: Score::from_passes(1, 1).unwrap() };
    // One pass among three attempts: it falls to the other arm in one case of three, and ½ is less than 1.
    assert!((stratified_exact(&[pair]).unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(stratified_exact(&[]), Some(1.0));
}

#[test]
fn equivalence_within_a_margin() {
    let gap = micro_gap(&differences(&paired_tasks().0), Level::P95).unwrap();
    for case in list(&load("v02_paired")["tost"]) {
        let result = equivalence(&gap, number(&case["margin"])).unwrap();
        close(result.p_lower, &case["p_lower"]);
        close(result.p_upper, &case["p_upper"]);
        close(result.p_value, &case["p"]);
        ends(result.interval, &case["ci90"]);
        assert_eq!(result.equivalent, result.p_value < 0.05);
    }
    assert!(equivalence(&micro_gap(&[0.0; 9], Level::P95).unwrap(), 0.05).is_none());
}
