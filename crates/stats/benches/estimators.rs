//! The estimators whose cost grows with more than the number of tasks.

use divan::black_box;
use stats::{Cell, Level, Responses, SplitMix64, Steps};

fn main() {
    divan::main();
}

/// Differences of tasks with 5 attempts in each arm.
fn differences(tasks: usize) -> Vec<i64> {
    let mut random = SplitMix64::new(1);
    (0..tasks).map(|_| i64::from(random.below(11)) - 5).collect()
}

#[divan::bench(args = [100, 500, 2_000])]
fn exact_sign_flip(bencher: divan::Bencher, tasks: usize) {
    let steps = differences(tasks);
    bencher.bench(|| stats::sign_flip_exact(black_box(&steps)));
}

#[divan::bench(args = [100, 500, 2_000])]
fn exact_bootstrap(bencher: divan::Bencher, tasks: usize) {
    let steps = Steps::new(differences(tasks), 5);
    bencher.bench(|| black_box(&steps).as_ref().map(|steps| stats::exact_bootstrap(steps, Level::P95)));
}

#[divan::bench(args = [4, 16, 40], sample_count = 5)]
fn rasch_on_200_items(bencher: divan::Bencher, subjects: u32) {
    let mut random = SplitMix64::new(1);
    let rows = (0..subjects)
        .map(|subject| {
            let cell = |item| Cell { passes: random.below(6).min((subject + item) % 6), attempts: 5 };
            (0..200).map(cell).collect()
        })
        .collect();
    let responses = Responses::new(rows);
    bencher.bench(|| responses.as_ref().map(stats::fit_rasch));
}
