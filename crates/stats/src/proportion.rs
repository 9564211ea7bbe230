use serde::{Deserialize, Serialize};

use crate::distributions::{beta_quantile, t_quantile};
use crate::inference::Inference;
use crate::interval::{Interval, Level};

/// Wilson's score interval for `successes` of `n`; both may be real, for an effective sample size.
///
/// `None` unless 0 ≤ successes ≤ n and n > 0.
pub fn wilson(successes: f64, n: f64, level: Level) -> Option<Interval> {
    if !(n > 0.0 && n.is_finite() && (0.0..=n).contains(&successes)) {
        return None;
    }
    Some(score_interval(successes / n, n, level.z(), level))
}

/// The shares that a score test with the quantile `z` does not reject when `p` is seen in `n` trials.
fn score_interval(p: f64, n: f64, z: f64, level: Level) -> Interval {
    let z2 = z * z;
    let shrink = 1.0 + z2 / n;
    let center = (p + z2 / (2.0 * n)) / shrink;
    let half = z / shrink * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval::around(center, half, level).clamped(0.0, 1.0)
}

/// Clopper and Pearson's exact interval; `None` when `n` is 0 or `successes` exceeds it.
pub fn clopper_pearson(successes: u64, n: u64, level: Level) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let (x, rest, tail) = (successes as f64, (n - successes) as f64, level.alpha() / 2.0);
    let lower = if successes == 0 { 0.0 } else { beta_quantile(tail, x, rest + 1.0) };
    let upper = if successes == n { 1.0 } else { 1.0 - beta_quantile(tail, rest, x + 1.0) };
    Some(Interval { lower, upper, level })
}

/// One-sided upper bound on a share of which `n` trials showed nothing: 1 − α^{1/n}. Never "0 %".
///
/// `None` when `n` is 0.
pub fn zero_of_n_upper(n: u64, level: Level) -> Option<f64> {
    (n > 0).then(|| 1.0 - level.alpha().powf(1.0 / n as f64))
}

/// The success rate of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Mean of the task means.
    pub estimate: f64,
    /// CR2 standard error over families; `None` for a single cluster.
    pub standard_error: Option<f64>,
    /// The number of independent trials that would be as informative: p(1−p)/SE², at most the number of trials; the
    /// number of clusters where those all agree.
    pub effective_n: f64,
    /// Wilson's interval on the effective n, with Student's t on the design's degrees of freedom for the normal.
    pub interval: Interval,
}

/// The rate of an arm whose tasks, by family, have the given means over attempts, each in [0, 1], in `trials` trials.
///
/// `None` without tasks or with a mean outside [0, 1].
pub fn arm_rate<F: AsRef<[f64]>>(families: &[F], trials: usize, level: Level) -> Option<Rate> {
    if families.iter().flat_map(AsRef::as_ref).any(|mean| !(0.0..=1.0).contains(mean)) {
        return None;
    }
    let found = Inference::of_values(families, (0.0, 1.0))?;
    let (estimate, df) = (found.estimate.clamp(0.0, 1.0), found.design.df());
    let standard_error = (found.design.clusters() > 1).then_some(found.standard_error);
    let spread = estimate * (1.0 - estimate);
    let effective_n = match standard_error {
        Some(se) if se > 0.0 && spread > 0.0 => (spread / (se * se)).min(trials as f64),
        _ => found.design.clusters() as f64,
    };
    let z = if df > 0.0 { t_quantile(level.upper_tail(), df) } else { f64::INFINITY };
    let interval = if z.is_finite() {
        score_interval(estimate, effective_n, z, level)
    } else {
        Interval { lower: 0.0, upper: 1.0, level }
    };
    Some(Rate { estimate, standard_error, effective_n, interval })
}
