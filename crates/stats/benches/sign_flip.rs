//! The exact sign-flip test at the size the methodology names: 2,000 tasks, 5 attempts.

fn main() {
    divan::main();
}

#[divan::bench(args = [100, 500, 2_000])]
fn exact_k5(bencher: divan::Bencher, tasks: usize) {
    let mut random = stats::SplitMix64::new(1);
    let steps: Vec<i64> = (0..tasks).map(|_| i64::from(random.below(11)) - 5).collect();
    bencher.bench(|| stats::sign_flip_exact(divan::black_box(&steps)));
}
