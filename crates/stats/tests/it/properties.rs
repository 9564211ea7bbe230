//! What must hold for all data.

use proptest::collection::vec;
use proptest::prelude::*;
use stats::{
    Cells, Contrast, Discordance, Level, MissingGate, Score, Steps, TaskPair, TaskTrials, benjamini_hochberg,
    clustered_gap, differences, exact_bootstrap, holm, macro_gap, mcnemar, micro_gap, missing_lines,
    pass_at_k, pass_hat_k, sign_flip_exact, sign_flip_families, sign_flip_tasks, sign_flip_values, wilson,
};

fn score(max_attempts: u32) -> impl Strategy<Value = Score> {
    (1..=max_attempts)
        .prop_flat_map(|k| (0..=k, Just(k)))
        .prop_map(|(passes, k)| Score::from_passes(passes, k).unwrap())
}

fn pairs(max_attempts: u32, tasks: std::ops::Range<usize>) -> impl Strategy<Value = Vec<TaskPair>> {
    let pair = (score(max_attempts), score(max_attempts));
    vec(pair.prop_map(|(baseline, other)| TaskPair { baseline, other }), tasks)
}

fn families() -> impl Strategy<Value = Vec<Vec<TaskPair>>> {
    vec(pairs(3, 1..4), 1..8)
}

fn gaps_of(families: &[Vec<TaskPair>]) -> Vec<Vec<f64>> {
    families.iter().map(|family| differences(family)).collect()
}

fn swapped(pairs: &[TaskPair]) -> Vec<TaskPair> {
    pairs.iter().map(TaskPair::swapped).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #[test]
    fn swapping_arms_negates_the_gap_and_keeps_p(families in families()) {
        let other: Vec<Vec<TaskPair>> = families.iter().map(|family| swapped(family)).collect();
        let (all, mirrored) = (families.concat(), other.concat());
        let (a, b) = (micro_gap(&differences(&all), Level::P95).unwrap(), micro_gap(&differences(&mirrored), Level::P95).unwrap());
        prop_assert!(near(a.estimate, -b.estimate));
        prop_assert_eq!(a.is_degenerate(), b.is_degenerate());
        if let (Some(a), Some(b)) = (a.interval(), b.interval()) {
            prop_assert!(near(a.lower, -b.upper) && near(a.upper, -b.lower));
        }
        let (a, b) = (sign_flip_tasks(&all, 1), sign_flip_tasks(&mirrored, 1));
        prop_assert_eq!(a.p_two_sided, b.p_two_sided);
        prop_assert_eq!(a.p_greater, b.p_less);
        let (a, b) = (sign_flip_families(&families, 1).unwrap(), sign_flip_families(&other, 1).unwrap());
        prop_assert_eq!(a.p_two_sided, b.p_two_sided);
        let (a, b) = (macro_gap(&gaps_of(&families), Level::P95).unwrap(), macro_gap(&gaps_of(&other), Level::P95).unwrap());
        prop_assert!(near(a.estimate, -b.estimate));
    }

    #[test]
    fn task_order_changes_no_bit(families in families(), seed in any::<u64>()) {
        let shuffle = |items: &mut [TaskPair]| {
            let mut random = stats::SplitMix64::new(seed);
            for i in (1..items.len()).rev() {
                items.swap(i, random.below(i as u32 + 1) as usize);
            }
        };
        let mut reordered = families.clone();
        reordered.iter_mut().for_each(|family| shuffle(family));
        reordered.reverse();
        let micro = |families: &[Vec<TaskPair>]| micro_gap(&differences(&families.concat()), Level::P95);
        prop_assert_eq!(micro(&families), micro(&reordered));
        prop_assert_eq!(macro_gap(&gaps_of(&families), Level::P95), macro_gap(&gaps_of(&reordered), Level::P95));
        prop_assert_eq!(clustered_gap(&gaps_of(&families), Level::P95), clustered_gap(&gaps_of(&reordered), Level::P95));
        prop_assert_eq!(sign_flip_tasks(&families.concat(), 1), sign_flip_tasks(&reordered.concat(), 1));
    }

    #[test]
    fn duplicating_tasks_keeps_the_gap(pairs in pairs(5, 2..20)) {
        let once = micro_gap(&differences(&pairs), Level::P95).unwrap();
        let twice = micro_gap(&differences(&[pairs.clone(), pairs].concat()), Level::P95).unwrap();
        prop_assert!(near(once.estimate, twice.estimate));
        prop_assert!(twice.standard_error().unwrap() <= once.standard_error().unwrap());
    }

    #[test]
    fn one_attempt_sign_flip_is_mcnemar(pairs in pairs(1, 0..60)) {
        let counts = Discordance::from_pairs(&pairs).unwrap();
        prop_assert!(near(mcnemar(counts).p_exact, sign_flip_tasks(&pairs, 0).p_two_sided));
    }

    #[test]
    fn counting_sums_is_trying_all_patterns(steps in vec(-6_i64..7, 0..11)) {
        let reals: Vec<f64> = steps.iter().map(|x| *x as f64).collect();
        let (counted, tried) = (sign_flip_exact(&steps).unwrap(), sign_flip_values(&reals, 0));
        prop_assert!(near(counted.p_two_sided, tried.p_two_sided));
        prop_assert!(near(counted.p_greater, tried.p_greater));
        prop_assert!(near(counted.p_less, tried.p_less));
    }

    #[test]
    fn no_truth_lies_outside_manski(
        tasks in vec((vec(proptest::option::of(0..2_u8), 1..6), vec(proptest::option::of(0..2_u8), 1..6)), 1..12),
        fill in vec(any::<bool>(), 120),
    ) {
        let scores = |trials: &[Option<u8>]| trials.iter().map(|t| t.map(f64::from)).collect::<Vec<_>>();
        let tasks: Vec<TaskTrials> =
            tasks.iter().map(|(b, o)| TaskTrials { baseline: scores(b), other: scores(o) }).collect();
        let lines = missing_lines(&tasks, MissingGate::PROPOSED, Level::P95).unwrap();
        let (lower, upper) = (lines.manski_lower.estimate, lines.manski_upper.estimate);
        let inside = |gap: f64| lower <= gap + 1e-12 && gap <= upper + 1e-12;
        prop_assert!(inside(lines.intention_to_treat.estimate));
        let mut fill = fill.into_iter().map(|passed| f64::from(u8::from(passed)));
        let mut complete = |trials: &[Option<f64>]| {
            Score::from_values(&trials.iter().map(|t| t.unwrap_or_else(|| fill.next().unwrap())).collect::<Vec<_>>()).unwrap()
        };
        let truth: Vec<TaskPair> = tasks
            .iter()
            .map(|task| TaskPair { baseline: complete(&task.baseline), other: complete(&task.other) })
            .collect();
        prop_assert!(inside(micro_gap(&differences(&truth), Level::P95).unwrap().estimate));
    }

    #[test]
    fn adjusted_p_values_only_grow_and_keep_their_order(p in vec(proptest::option::of(0.0..=1.0_f64), 1..12)) {
        for adjusted in [holm(&p), benjamini_hochberg(&p)] {
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i].unwrap_or(1.0) && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i].unwrap_or(1.0) > p[j].unwrap_or(1.0) || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }

    #[test]
    fn wilson_holds_its_estimate(n in 0.5..500.0_f64, share in 0.0..=1.0_f64) {
        let interval = wilson(share * n, n, Level::P95).unwrap();
        prop_assert!(interval.contains(share) || near(interval.lower, share) || near(interval.upper, share));
        prop_assert!(interval.lower >= 0.0 && interval.upper <= 1.0);
    }

    #[test]
    fn the_total_is_harness_plus_prompt(cells in vec((score(6), score(6), score(6), score(6)), 1..10)) {
        for (bare_generic, bare_specific, harness_generic, harness_specific) in cells {
            let cells = Cells { bare_generic, bare_specific, harness_generic, harness_specific };
            let of = |contrast: Contrast| contrast.ratio(&cells).unwrap();
            let half = of(Contrast::Interaction).divided_by(2).unwrap();
            prop_assert_eq!(of(Contrast::Total), of(Contrast::Harness).plus(of(Contrast::Prompt)).unwrap());
            prop_assert_eq!(of(Contrast::HarnessAtGeneric), of(Contrast::Harness).minus(half).unwrap());
            prop_assert_eq!(of(Contrast::PromptAtBare), of(Contrast::Prompt).minus(half).unwrap());
            prop_assert_eq!(of(Contrast::Total).value(), Contrast::Total.of(&cells));
        }
    }

    #[test]
    fn pass_at_k_grows_and_pass_hat_k_shrinks(score in score(12)) {
        let (c, n) = (score.passes().unwrap(), score.attempts());
        for k in 2..=n {
            prop_assert!(pass_at_k(c, n, k).unwrap() >= pass_at_k(c, n, k - 1).unwrap() - 1e-12);
            prop_assert!(pass_hat_k(c, n, k).unwrap() <= pass_hat_k(c, n, k - 1).unwrap() + 1e-12);
        }
        prop_assert!(pass_at_k(c, n, n + 1).is_none());
    }

    #[test]
    fn exact_bootstrap_is_a_law_around_its_estimate(steps in vec(-5_i64..6, 2..15)) {
        let exact = exact_bootstrap(&Steps { counts: steps.clone(), per_unit: 5 }, Level::P95).unwrap();
        prop_assert!(exact.percentile.contains(exact.estimate));
        let values: Vec<f64> = steps.iter().map(|x| *x as f64 / 5.0).collect();
        let n = values.len() as f64;
        let error = micro_gap(&values, Level::P95).unwrap().standard_error().unwrap();
        prop_assert!(near(exact.standard_deviation, error * ((n - 1.0) / n).sqrt()));
    }
}
