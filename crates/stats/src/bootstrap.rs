//! Bootstrap distributions: exact for means, seeded for everything else. A column beside the t interval,
//! never the headline.

use serde::{Deserialize, Serialize};

use crate::distributions::{normal_cdf, normal_quantile};
use crate::interval::{Interval, Level};
use crate::moments::{mean, sum, variance};
use crate::random::SplitMix64;
use crate::score::Steps;

/// Roughly how many multiplications the exact distribution may cost.
const MAX_WORK: u128 = 4_000_000_000;
/// Tail probabilities below this are dropped: in sum far less than rounding adds.
const NEGLIGIBLE: f64 = 1e-25;
/// What accumulated rounding may take off a cumulative probability.
const SLACK: f64 = 1e-12;

/// The bias-corrected and accelerated interval (Efron 1987) and what it corrected by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bca {
    /// Bias correction.
    pub z0: f64,
    /// Acceleration.
    pub acceleration: f64,
    /// The probability whose quantile is the lower end.
    pub alpha_lower: f64,
    /// The probability whose quantile is the upper end.
    pub alpha_upper: f64,
    /// The interval.
    pub interval: Interval,
}

/// The exact bootstrap of a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExactBootstrap {
    /// The observed mean.
    pub estimate: f64,
    /// Standard deviation of the resampled mean: √((n−1)/n) times the standard error.
    pub standard_deviation: f64,
    /// Probability that a resampled mean is at most 0.
    pub probability_not_positive: f64,
    /// Probability that a resampled mean equals the observed one.
    pub probability_of_estimate: f64,
    /// Percentile interval. Both ends are the estimate when all numbers are equal, which proves nothing.
    pub percentile: Interval,
    /// BCa interval; `None` when all numbers are equal.
    pub bca: Option<Bca>,
}

/// The distribution of the mean of n draws from `steps`, found by convolving their distribution n times: no
/// seed, no simulation.
///
/// `None` without numbers, or when their step is so fine that it would take too long; simulate then.
pub fn exact_bootstrap(steps: &Steps, level: Level) -> Option<ExactBootstrap> {
    let law = ResampledSum::new(steps.counts())?;
    let n = steps.counts().len() as f64;
    let scale = 1.0 / (n * steps.per_unit() as f64);
    let observed: i64 = steps.counts().iter().sum();
    let at = |p: f64| law.quantile(p) as f64 * scale;
    let reals: Vec<f64> = steps.counts().iter().map(|x| *x as f64).collect();
    let left_out: Vec<f64> = reals.iter().map(|x| (observed as f64 - x) / (n - 1.0)).collect();
    let below = law.probability_below(observed) + 0.5 * law.probability_of(observed);
    let bca =
        if variance(&reals).unwrap_or(0.0) > 0.0 { bca_correction(below, &left_out, level) } else { None };
    Some(ExactBootstrap {
        estimate: observed as f64 * scale,
        standard_deviation: law.variance(observed).sqrt() * scale,
        probability_not_positive: law.probability_below(1),
        probability_of_estimate: law.probability_of(observed),
        percentile: Interval { lower: at(level.alpha() / 2.0), upper: at(level.upper_tail()), level },
        bca: bca.map(|correction| correction.interval(at, level)),
    })
}

/// The law of the sum of n draws with replacement from n whole numbers.
struct ResampledSum {
    lowest: i64,
    probability: Vec<f64>,
}

impl ResampledSum {
    fn new(counts: &[i64]) -> Option<ResampledSum> {
        let (least, most) = (*counts.iter().min()?, *counts.iter().max()?);
        let width = usize::try_from(most.checked_sub(least)?).ok()?;
        let n = counts.len();
        most.checked_mul(i64::try_from(n).ok()?)?;
        let mut sorted = counts.to_vec();
        sorted.sort_unstable();
        let draws: Vec<(usize, f64)> = sorted
            .chunk_by(|a, b| a == b)
            .map(|equal| ((equal[0] - least) as usize, equal.len() as f64 / n as f64))
            .collect();
        let work = (width as u128 * n as u128 + 1) * n as u128 * draws.len() as u128;
        if work > MAX_WORK {
            return None;
        }
        let mut now = vec![0.0; width * n + 1];
        let mut next = now.clone();
        now[0] = 1.0;
        let (mut low, mut high) = (0, 0);
        for _ in 0..n {
            next[low..=high + width].fill(0.0);
            for (shift, weight) in &draws {
                for (to, from) in next[low + shift..].iter_mut().zip(&now[low..=high]) {
                    *to += weight * from;
                }
            }
            std::mem::swap(&mut now, &mut next);
            high += width;
            // Most of the range is reached with no probability to speak of.
            while now[high] < NEGLIGIBLE && high > low {
                high -= 1;
            }
            while now[low] < NEGLIGIBLE && low < high {
                low += 1;
            }
        }
        let lowest = least.checked_mul(i64::try_from(n).ok()?)?.checked_add(i64::try_from(low).ok()?)?;
        Some(ResampledSum { lowest, probability: now[low..=high].to_vec() })
    }

    fn iter(&self) -> impl Iterator<Item = (i64, f64)> {
        (self.lowest..).zip(self.probability.iter().copied())
    }

    fn probability_of(&self, sum: i64) -> f64 {
        self.iter().find(|(s, _)| *s == sum).map_or(0.0, |(_, p)| p)
    }

    fn probability_below(&self, sum: i64) -> f64 {
        self.iter().take_while(|(s, _)| *s < sum).map(|(_, p)| p).sum()
    }

    fn variance(&self, center: i64) -> f64 {
        self.iter().map(|(s, p)| p * ((s - center) as f64).powi(2)).sum()
    }

    /// The smallest reachable sum whose cumulative probability is at least `p`.
    fn quantile(&self, p: f64) -> i64 {
        let mut cumulative = 0.0;
        let mut last = self.lowest;
        for (sum, probability) in self.iter().filter(|(_, probability)| *probability > 0.0) {
            cumulative += probability;
            last = sum;
            if cumulative >= p - SLACK {
                break;
            }
        }
        last
    }
}

/// Replicates of a statistic, in the order they were drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    values: Vec<f64>,
    sorted: Vec<f64>,
}

/// Draws `replicates` resamples of `units` tasks (or families) and applies `statistic` to the indices of
/// each. Replicate r uses substream r of `seed`, so that threads do not matter.
///
/// Number the units in an order of their own, such as that of their names, or the replicates change with it.
/// Let `statistic` return whole numbers where it can: the BCa bias counts ties, and rounding breaks them.
/// `None` without units or replicates, or when the statistic is not a number for some resample.
pub fn seeded_bootstrap(
    units: u32,
    replicates: u32,
    seed: u64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Option<Replicates> {
    let resample = |replicate: u32| {
        let mut random = SplitMix64::substream(seed, u64::from(replicate));
        let drawn: Vec<usize> = (0..units).map(|_| random.below(units) as usize).collect();
        statistic(&drawn)
    };
    if units == 0 || replicates == 0 {
        return None;
    }
    let values: Vec<f64> = (0..replicates).map(resample).collect();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    values.iter().all(|v| !v.is_nan()).then_some(Replicates { values, sorted })
}

/// `statistic` with each of `units` tasks left out in turn: what the acceleration of BCa needs.
pub fn jackknife(units: u32, statistic: impl Fn(&[usize]) -> f64) -> Vec<f64> {
    let units = units as usize;
    (0..units).map(|out| statistic(&(0..units).filter(|i| *i != out).collect::<Vec<usize>>())).collect()
}

impl Replicates {
    /// The replicates in the order they were drawn.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Their standard deviation, divisor B − 1; `None` for a single one.
    pub fn standard_deviation(&self) -> Option<f64> {
        variance(&self.values).map(f64::sqrt)
    }

    /// The quantile of type 7 (Hyndman and Fan 1996) at `p` in [0, 1].
    pub fn quantile(&self, p: f64) -> f64 {
        let position = (self.sorted.len() - 1) as f64 * p.clamp(0.0, 1.0);
        let low = position.floor() as usize;
        let high = (low + 1).min(self.sorted.len() - 1);
        self.sorted[low] + (position - low as f64) * (self.sorted[high] - self.sorted[low])
    }

    /// The percentile interval.
    pub fn percentile(&self, level: Level) -> Interval {
        Interval {
            lower: self.quantile(level.alpha() / 2.0),
            upper: self.quantile(level.upper_tail()),
            level,
        }
    }

    /// The BCa interval around `estimate`, with the [`jackknife`] of the same statistic. `None` when all
    /// replicates lie on one side of it: show the percentile interval then, and say so.
    pub fn bca(&self, estimate: f64, jackknife: &[f64], level: Level) -> Option<Bca> {
        let (below, ties) = self.values.iter().fold((0.0, 0.0), |(below, ties), v| {
            (below + f64::from(u8::from(*v < estimate)), ties + f64::from(u8::from(*v == estimate)))
        });
        let share = (below + 0.5 * ties) / self.values.len() as f64;
        Some(bca_correction(share, jackknife, level)?.interval(|p| self.quantile(p), level))
    }
}

/// How BCa moves the two probabilities of a percentile interval.
struct Correction {
    z0: f64,
    acceleration: f64,
    alpha_lower: f64,
    alpha_upper: f64,
}

impl Correction {
    fn interval(self, quantile: impl Fn(f64) -> f64, level: Level) -> Bca {
        let Correction { z0, acceleration, alpha_lower, alpha_upper } = self;
        let interval = Interval { lower: quantile(alpha_lower), upper: quantile(alpha_upper), level };
        Bca { z0, acceleration, alpha_lower, alpha_upper, interval }
    }
}

/// z₀ = Φ⁻¹(share below), a = Σu³/(6(Σu²)^{3/2}) with u the jackknife's deviations. `None` when the estimate
/// lies outside the replicates.
fn bca_correction(share_below: f64, jackknife: &[f64], level: Level) -> Option<Correction> {
    if !(share_below > 0.0 && share_below < 1.0) {
        return None;
    }
    let z0 = normal_quantile(share_below);
    let center = mean(jackknife)?;
    let power = |n: i32| sum(&jackknife.iter().map(|v| (center - v).powi(n)).collect::<Vec<f64>>());
    let spread = 6.0 * power(2).powf(1.5);
    let acceleration = if spread > 0.0 { power(3) / spread } else { 0.0 };
    let adjusted = |p: f64| {
        let z = z0 + normal_quantile(p);
        normal_cdf(z0 + z / (1.0 - acceleration * z))
    };
    let (alpha_lower, alpha_upper) = (adjusted(level.alpha() / 2.0), adjusted(level.upper_tail()));
    Some(Correction { z0, acceleration, alpha_lower, alpha_upper })
}
