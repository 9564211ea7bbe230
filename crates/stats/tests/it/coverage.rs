//! Whether intervals and tests keep their promise where the truth is known: seeded simulations, the same
//! every time.

use stats::{
    Count, Labelled, Level, Score, SplitMix64, TaskPair, clustered_gap, corrected_prevalence, differences,
    macro_gap, micro_gap, sign_flip_tasks,
};

const RUNS: u64 = 2_000;

/// Chances of passing in the two arms, drawn for a task with equal probability. The true gap is their mean
/// difference.
const TASKS: [(f64, f64); 8] =
    [(0.0, 0.05), (0.02, 0.3), (0.1, 0.1), (0.3, 0.55), (0.5, 0.4), (0.7, 0.95), (0.95, 0.9), (1.0, 1.0)];

fn chance(random: &mut SplitMix64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn score(random: &mut SplitMix64, p: f64, attempts: u32) -> Score {
    let passes = (0..attempts).filter(|_| chance(random) < p).count() as u32;
    Score::from_passes(passes, attempts).unwrap()
}

fn share(runs: impl Fn(&mut SplitMix64) -> bool) -> f64 {
    let hits = (0..RUNS).filter(|run| runs(&mut SplitMix64::substream(20_260_701, *run))).count();
    hits as f64 / RUNS as f64
}

fn tasks(random: &mut SplitMix64, n: usize, same_arms: bool) -> Vec<TaskPair> {
    let task = |_| {
        let (baseline, other) = TASKS[random.below(8) as usize];
        let other = if same_arms { baseline } else { other };
        TaskPair { baseline: score(random, baseline, 5), other: score(random, other, 5) }
    };
    (0..n).map(task).collect()
}

#[test]
fn paired_t_covers_the_generalised_gap() {
    let truth = TASKS.iter().map(|(baseline, other)| other - baseline).sum::<f64>() / 8.0;
    for n in [20, 50] {
        let coverage = share(|random| {
            let gap = micro_gap(&differences(&tasks(random, n, false)), Level::P95).unwrap();
            gap.interval().unwrap().contains(truth)
        });
        assert!((0.935..0.97).contains(&coverage), "{coverage} at {n} tasks");
    }
}

#[test]
fn the_sign_flip_seldom_finds_what_is_not_there() {
    let found = share(|random| sign_flip_tasks(&tasks(random, 30, true), 0).p_two_sided <= 0.05);
    assert!((0.03..0.06).contains(&found), "{found}");
}

#[test]
fn families_that_agree_need_intervals_over_families() {
    let sizes = [20, 8, 6, 4, 4, 3, 2, 1];
    let normal = |random: &mut SplitMix64| stats::normal_quantile(chance(random).max(1e-12));
    let families = |random: &mut SplitMix64| -> Vec<Vec<f64>> {
        let family = |size: &i32| {
            let shared = 0.1_f64.sqrt() * normal(random);
            (0..*size).map(|_| shared + 0.9_f64.sqrt() * normal(random)).collect()
        };
        sizes.iter().map(family).collect()
    };
    let covers = |gap: stats::Gap| gap.interval().unwrap().contains(0.0);
    let by_task = share(|random| covers(micro_gap(&families(random).concat(), Level::P95).unwrap()));
    let clustered = share(|random| covers(clustered_gap(&families(random), Level::P95).unwrap().gap));
    let by_family = share(|random| covers(macro_gap(&families(random), Level::P95).unwrap()));
    assert!(by_task < 0.9, "{by_task}");
    assert!((0.935..0.975).contains(&clustered), "{clustered}");
    assert!((0.935..0.97).contains(&by_family), "{by_family}");
}

#[test]
fn the_corrected_prevalence_is_covered_though_the_judge_errs() {
    let count = |random: &mut SplitMix64, p: f64, of: u32| {
        Count::new((0..of).filter(|_| chance(random) < p).count() as u32, of).unwrap()
    };
    for (truth, sensitivity, specificity) in [(0.05, 0.9, 0.98), (0.2, 0.8, 0.9), (0.6, 0.95, 0.85)] {
        let coverage = share(|random| {
            let positives = count(random, sensitivity, 50);
            let negatives = count(random, specificity, 100);
            let called = truth * sensitivity + (1.0 - truth) * (1.0 - specificity);
            let found = corrected_prevalence(
                count(random, called, 300),
                &Labelled { positives, negatives },
                Level::P95,
            );
            found.and_then(|found| found.interval).is_some_and(|interval| interval.contains(truth))
        });
        assert!((0.94..0.99).contains(&coverage), "{coverage} at {truth}");
    }
}
