use serde::{Deserialize, Serialize};

use crate::distributions::beta_quantile;
use crate::interval::{Interval, Level};
use crate::moments::{mean, variance};

/// Wilson's score interval for `successes` of `n`; both may be real, for an effective sample size.
///
/// `None` unless 0 ≤ successes ≤ n and n > 0.
pub fn wilson(successes: f64, n: f64, level: Level) -> Option<Interval> {
    if !(n > 0.0 && n.is_finite() && (0.0..=n).contains(&successes)) {
        return None;
    }
    let (p, z2) = (successes / n, level.z() * level.z());
    let shrink = 1.0 + z2 / n;
    let center = (p + z2 / (2.0 * n)) / shrink;
    let half = level.z() / shrink * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval::around(center, half, level).clamped(0.0, 1.0))
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
    /// Task-level standard error; `None` for a single task.
    pub standard_error: Option<f64>,
    /// The number of independent trials that would be as informative: p(1−p)/SE², or the number of tasks.
    pub effective_n: f64,
    /// Wilson's interval on the effective n.
    pub interval: Interval,
}

/// The rate of an arm whose tasks have the given means over attempts, each in [0, 1].
///
/// `None` without tasks or with a mean outside [0, 1].
pub fn arm_rate(task_means: &[f64], level: Level) -> Option<Rate> {
    let estimate = mean(task_means)?;
    let tasks = task_means.len() as f64;
    let standard_error = variance(task_means).map(|v| (v / tasks).sqrt());
    let spread = estimate * (1.0 - estimate);
    let effective_n = match standard_error {
        Some(se) if se > 0.0 && spread > 0.0 => spread / (se * se),
        _ => tasks,
    };
    let interval = wilson(estimate * effective_n, effective_n, level)?;
    Some(Rate { estimate, standard_error, effective_n, interval })
}
