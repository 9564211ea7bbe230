use serde::{Deserialize, Serialize};

use crate::family::family_means;
use crate::moments::sum;
use crate::random::SplitMix64;
use crate::score::{Ratio, Steps, TaskPair, differences, gcd};

/// More reachable sums than this, and the test samples instead of counting.
const MAX_LEVELS: u64 = 1_000_000;
/// Up to this many numbers all sign patterns are tried, whatever their denominators.
const MAX_ENUMERATED: usize = 20;
/// Replicates of the sampled test.
const REPLICATES: u32 = 9_999;

/// The paired randomisation test. Null hypothesis: within each unit the arms are exchangeable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignFlip {
    /// P(|T*| ≥ |T|), T the sum of differences; 1 when all are zero.
    pub p_two_sided: f64,
    /// P(T* ≥ T).
    pub p_greater: f64,
    /// P(T* ≤ T).
    pub p_less: f64,
    /// How the probabilities were found.
    pub method: FlipMethod,
}

/// How a sign-flip probability was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FlipMethod {
    /// Over all sign patterns.
    Exact,
    /// Over sampled ones: p = (hits + 1)/(replicates + 1).
    Sampled {
        /// How many sign patterns were drawn.
        replicates: u32,
        /// The seed of the first substream.
        seed: u64,
    },
}

/// The sign-flip test over tasks: exact, unless partial credit or odd attempt counts make the sums too many.
pub fn sign_flip_tasks(pairs: &[TaskPair], seed: u64) -> SignFlip {
    Steps::from_pairs(pairs)
        .and_then(|steps| sign_flip_exact(steps.counts()))
        .unwrap_or_else(|| sign_flip_values(&differences(pairs), seed))
}

/// The sign-flip test that flips whole family means, the unit of the macro gap. With F families p cannot fall
/// below 2^(1−F), so five families never reach 0.05.
///
/// `None` without families or with an empty one.
pub fn sign_flip_families<F: AsRef<[TaskPair]>>(families: &[F], seed: u64) -> Option<SignFlip> {
    let values: Vec<Vec<f64>> = families.iter().map(|family| differences(family.as_ref())).collect();
    let means = family_means(&values)?;
    let exact = Steps::from_family_means(families).and_then(|steps| sign_flip_exact(steps.counts()));
    Some(exact.unwrap_or_else(|| sign_flip_values(&means, seed)))
}

/// The sign-flip test of the macro gap that flips tasks, each weighted by 1/n_f: for when these families are
/// all there is, or too few for [`sign_flip_families`].
///
/// `None` without families or with an empty one.
pub fn sign_flip_weighted_tasks<F: AsRef<[TaskPair]>>(families: &[F], seed: u64) -> Option<SignFlip> {
    if families.is_empty() || families.iter().any(|family| family.as_ref().is_empty()) {
        return None;
    }
    let tasks = || {
        families.iter().flat_map(|family| family.as_ref().iter().map(|pair| (pair, family.as_ref().len())))
    };
    let ratios = tasks().map(|(pair, size)| pair.ratio()?.divided_by(size)).collect::<Option<Vec<Ratio>>>();
    let exact = ratios
        .and_then(|ratios| Steps::from_ratios(&ratios))
        .and_then(|steps| sign_flip_exact(steps.counts()));
    let values = || tasks().map(|(pair, size)| pair.difference() / size as f64).collect::<Vec<f64>>();
    Some(exact.unwrap_or_else(|| sign_flip_values(&values(), seed)))
}

/// The test on real numbers: over all sign patterns when at most 20 numbers are not zero, else sampled.
/// Neither the order of the numbers nor a change of all their signs changes the two-sided p.
pub fn sign_flip_values(values: &[f64], seed: u64) -> SignFlip {
    let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).filter(|v| *v != 0.0).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let observed = sum(values);
    if sizes.len() > MAX_ENUMERATED {
        return sample(&sizes, observed, REPLICATES, seed);
    }
    let slack = tie_slack(&sizes);
    let patterns = 1_u32 << sizes.len();
    let mut tally = Tally::default();
    for pattern in 0..patterns {
        let flipped = |(i, v): (usize, &f64)| if pattern >> i & 1 == 1 { -v } else { *v };
        tally.add(sizes.iter().enumerate().map(flipped).sum(), observed, slack);
    }
    tally.result(0, patterns, FlipMethod::Exact)
}

/// The exact test on whole numbers, by the distribution of reachable sums: each number but zero doubles the
/// patterns, but only widens the sums by twice its size. O(n · Σ|x|).
///
/// `None` when there are more than a million reachable sums; sample then.
pub fn sign_flip_exact(steps: &[i64]) -> Option<SignFlip> {
    let divisor =
        steps.iter().fold(0, |divisor, x| if *x == 0 { divisor } else { gcd(x.unsigned_abs(), divisor) });
    let sizes: Vec<u64> = steps.iter().filter(|x| **x != 0).map(|x| x.unsigned_abs() / divisor).collect();
    let total =
        sizes.iter().try_fold(0_u64, |sum, size| sum.checked_add(*size).filter(|s| *s < MAX_LEVELS))?;
    // T = 2A − S with S the sum of sizes and A that of the numbers left positive: A's distribution is enough.
    let positive: u64 = steps.iter().filter(|x| **x > 0).map(|x| x.unsigned_abs() / divisor).sum();
    let probability = subset_sums(&sizes, total as usize);
    let at_least = |a: u64| probability.iter().skip(a as usize).sum::<f64>().min(1.0);
    let extreme = positive.max(total - positive);
    let p_two_sided = if 2 * extreme == total { 1.0 } else { (2.0 * at_least(extreme)).min(1.0) };
    Some(SignFlip {
        p_two_sided,
        p_greater: at_least(positive),
        p_less: at_least(total - positive),
        method: FlipMethod::Exact,
    })
}

/// P(A = a) for a in 0..=total, where A takes each size with probability ½.
fn subset_sums(sizes: &[u64], total: usize) -> Vec<f64> {
    let mut now = vec![0.0; total + 1];
    let mut next = vec![0.0; total + 1];
    now[0] = 1.0;
    let mut reach = 0;
    for size in sizes {
        let size = *size as usize;
        let new_reach = reach + size;
        for (to, from) in next[..=new_reach].iter_mut().zip(&now[..=new_reach]) {
            *to = 0.5 * from;
        }
        for (to, from) in next[size..=new_reach].iter_mut().zip(&now[..=reach]) {
            *to += 0.5 * from;
        }
        std::mem::swap(&mut now, &mut next);
        reach = new_reach;
    }
    now
}

/// The sampled test: replicate r draws one sign per number, zeros included, from substream r of `seed`.
pub fn sign_flip_sampled(values: &[f64], replicates: u32, seed: u64) -> SignFlip {
    sample(values, sum(values), replicates, seed)
}

fn sample(terms: &[f64], observed: f64, replicates: u32, seed: u64) -> SignFlip {
    let slack = tie_slack(terms);
    let mut tally = Tally::default();
    for replicate in 0..replicates {
        let mut random = SplitMix64::substream(seed, u64::from(replicate));
        tally.add(terms.iter().map(|v| random.sign() * v).sum(), observed, slack);
    }
    tally.result(1, replicates, FlipMethod::Sampled { replicates, seed })
}

/// Sums closer than this are the same sum.
fn tie_slack(values: &[f64]) -> f64 {
    1e-12 * values.iter().map(|v| v.abs()).sum::<f64>()
}

#[derive(Default)]
struct Tally {
    two_sided: u32,
    greater: u32,
    less: u32,
}

impl Tally {
    fn add(&mut self, sum: f64, observed: f64, slack: f64) {
        self.two_sided += u32::from(sum.abs() >= observed.abs() - slack);
        self.greater += u32::from(sum >= observed - slack);
        self.less += u32::from(sum <= observed + slack);
    }

    fn result(&self, prior: u32, patterns: u32, method: FlipMethod) -> SignFlip {
        let share = |hits: u32| f64::from(hits + prior) / f64::from(patterns + prior);
        SignFlip {
            p_two_sided: share(self.two_sided),
            p_greater: share(self.greater),
            p_less: share(self.less),
            method,
        }
    }
}
