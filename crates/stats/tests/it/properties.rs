//! What must hold for all data.

use proptest::collection::vec;
use proptest::prelude::*;
use stats::{
    BudgetGrid, Cell, Contrast, Discordance, EndedTrial, FourArms, Gap, Level, MissingGate, Responses, Score,
    Steps, TaskPair, TaskTrials, TrialEnd, benjamini_hochberg, clustered_gap, cumulative_incidence,
    differences, elo_gap, exact_bootstrap, fit_rasch, fit_two_parameter, fixed_task_gap, holm, macro_gap,
    mcnemar, micro_gap, missing_lines, pass_at_k, pass_hat_k, rank_sets, sign_flip_exact, sign_flip_families,
    sign_flip_tasks, sign_flip_values, stratified_exact, wilson,
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

fn micro(pairs: &[TaskPair]) -> Gap {
    micro_gap(&differences(pairs), Level::P95).unwrap()
}

fn by_family<R>(estimator: fn(&[Vec<f64>], Level) -> Option<R>, families: &[Vec<TaskPair>]) -> R {
    let families: Vec<Vec<f64>> = families.iter().map(|family| differences(family)).collect();
    estimator(&families, Level::P95).unwrap()
}

fn trials() -> impl Strategy<Value = Vec<Option<f64>>> {
    vec(proptest::option::of(prop_oneof![Just(0.0), Just(1.0)]), 1..6)
}

fn cells() -> impl Strategy<Value = Vec<Vec<Cell>>> {
    let cell = || (0..4_u32, 0..4_u32).prop_map(|(a, b)| Cell { passes: a.min(b), attempts: a.max(b) });
    (2..5_usize, 2..8_usize).prop_flat_map(move |(subjects, items)| vec(vec(cell(), items), subjects))
}

fn models() -> impl Strategy<Value = Vec<Vec<Score>>> {
    (1..8_usize).prop_flat_map(|tasks| vec(vec(score(1), tasks), 1..5))
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
        let (a, b) = (micro(&all), micro(&mirrored));
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
        let (a, b) = (by_family(macro_gap, &families), by_family(macro_gap, &other));
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
        prop_assert_eq!(micro(&families.concat()), micro(&reordered.concat()));
        prop_assert_eq!(by_family(macro_gap, &families), by_family(macro_gap, &reordered));
        prop_assert_eq!(by_family(clustered_gap, &families), by_family(clustered_gap, &reordered));
        let (all, shuffled) = (families.concat(), reordered.concat());
        prop_assert_eq!(sign_flip_tasks(&all, 1), sign_flip_tasks(&shuffled, 1));
        prop_assert_eq!(fixed_task_gap(&all, Level::P95), fixed_task_gap(&shuffled, Level::P95));
        prop_assert_eq!(stratified_exact(&all), stratified_exact(&shuffled));
        let bootstrap = |pairs: &[TaskPair]| exact_bootstrap(&Steps::from_pairs(pairs).unwrap(), Level::P95);
        prop_assert_eq!(bootstrap(&all), bootstrap(&shuffled));
    }

    #[test]
    fn duplicating_tasks_keeps_the_gap(pairs in pairs(5, 2..20)) {
        let (once, twice) = (micro(&pairs), micro(&[pairs.clone(), pairs.clone()].concat()));
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
        tasks in vec((trials(), trials()), 1..12),
        fill in vec(prop_oneof![Just(0.0), Just(1.0)], 120),
    ) {
        let tasks: Vec<TaskTrials> =
            tasks.into_iter().map(|(baseline, other)| TaskTrials { baseline, other }).collect();
        let lines = missing_lines(&tasks, MissingGate::PROPOSED, Level::P95).unwrap();
        let (lower, upper) = (lines.manski_lower.estimate, lines.manski_upper.estimate);
        let inside = |gap: f64| lower <= gap + 1e-12 && gap <= upper + 1e-12;
        prop_assert!(inside(lines.intention_to_treat.estimate));
        let mut fill = fill.into_iter();
        let mut complete = |trials: &[Option<f64>]| {
            let values: Vec<f64> = trials.iter().map(|t| t.unwrap_or_else(|| fill.next().unwrap())).collect();
            Score::from_values(&values).unwrap()
        };
        let truth: Vec<TaskPair> = tasks
            .iter()
            .map(|task| TaskPair { baseline: complete(&task.baseline), other: complete(&task.other) })
            .collect();
        prop_assert!(inside(micro(&truth).estimate));
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
            let cells = FourArms { bare_generic, bare_specific, harness_generic, harness_specific };
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
        let exact = exact_bootstrap(&Steps::new(steps.clone(), 5).unwrap(), Level::P95).unwrap();
        prop_assert!(exact.percentile.contains(exact.estimate));
        let values: Vec<f64> = steps.iter().map(|x| *x as f64 / 5.0).collect();
        let n = values.len() as f64;
        let error = micro_gap(&values, Level::P95).unwrap().standard_error().unwrap();
        prop_assert!(near(exact.standard_deviation, error * ((n - 1.0) / n).sqrt()));
    }

    #[test]
    fn equal_ends_add_up(ends in vec((1..50_u32, 0..3_u8), 1..30)) {
        let trials: Vec<EndedTrial> = ends
            .iter()
            .map(|(used, end)| EndedTrial {
                used: f64::from(*used),
                end: [TrialEnd::Solved, TrialEnd::GaveUp, TrialEnd::Censored][usize::from(*end)],
            })
            .collect();
        for point in cumulative_incidence(&trials).unwrap() {
            prop_assert!(near(point.solved + point.gave_up + point.undecided, 1.0));
        }
        if trials.iter().all(|trial| trial.end != TrialEnd::Censored) {
            let solved = trials.iter().filter(|trial| trial.end == TrialEnd::Solved).count();
            let last = *cumulative_incidence(&trials).unwrap().last().unwrap();
            prop_assert!(near(last.solved, solved as f64 / trials.len() as f64));
        }
    }

    #[test]
    fn first_passage_is_never_below_the_current_status(attempts in vec(vec(0..2_u8, 4), 1..6)) {
        let grid = BudgetGrid::geometric(1.0, 4).unwrap();
        let attempts: Vec<Vec<f64>> =
            attempts.iter().map(|status| status.iter().map(|s| f64::from(*s)).collect()).collect();
        let (now, ever) = (grid.current_status(&attempts).unwrap(), grid.first_passage(&attempts).unwrap());
        prop_assert!(now.iter().zip(&ever).all(|(now, ever)| now <= ever));
        prop_assert!(ever.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!((0.0..=1.0 + 1e-12).contains(&grid.area(&now).unwrap()));
    }

    #[test]
    fn rank_sets_hold_the_rank_by_score(models in models()) {
        let sets = rank_sets(&models, 0.05, 0).unwrap();
        let total = |model: &Vec<Score>| model.iter().map(Score::mean).sum::<f64>();
        for (model, set) in models.iter().zip(&sets) {
            let better = models.iter().filter(|other| total(other) > total(model) + 1e-9).count();
            let worse = models.iter().filter(|other| total(other) < total(model) - 1e-9).count();
            prop_assert!(set.best <= better + 1 && set.worst >= models.len() - worse);
        }
    }
}

proptest! {
    // A case of these takes a while without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sampled_signs_ignore_order_and_direction(values in vec(-1.0..1.0_f64, 21..40)) {
        let mirrored: Vec<f64> = values.iter().rev().map(|v| -v).collect();
        let (a, b) = (sign_flip_values(&values, 3), sign_flip_values(&mirrored, 3));
        prop_assert_eq!(a.p_two_sided, b.p_two_sided);
        let doubled: Vec<f64> = values.iter().map(|v| 2.0 * v).collect();
        prop_assert_eq!(a, sign_flip_values(&doubled, 3));
    }

    #[test]
    fn any_counts_have_finite_abilities(rows in cells()) {
        let Ok(responses) = Responses::new(rows.clone()) else {
            prop_assert!(rows.iter().any(|row| row.iter().all(|cell| cell.attempts == 0)));
            return Ok(());
        };
        let fit = fit_rasch(&responses).unwrap();
        prop_assert!(fit.abilities.iter().all(|theta| theta.abs() < 20.0));
        let gap = elo_gap(&fit, 0, 1, Level::P95).unwrap();
        let back = elo_gap(&fit, 1, 0, Level::P95).unwrap();
        prop_assert!(near(gap.estimate, -back.estimate) && near(gap.standard_error, back.standard_error));
        let sharper = fit_two_parameter(&responses).unwrap();
        prop_assert!(sharper.abilities.iter().all(|theta| theta.is_finite()));
    }
}
