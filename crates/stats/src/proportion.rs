use crate::distributions::beta_quantile;
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
pub(crate) fn score_interval(p: f64, n: f64, z: f64, level: Level) -> Interval {
    let z2 = z * z;
    let shrink = 1.0 + z2 / n;
    let center = (p + z2 / (2.0 * n)) / shrink;
    let half = z / shrink * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let found = Interval::around(center, half, level).clamped(0.0, 1.0);
    // At the ends the formula gives 0 and 1 exactly, and rounding does not.
    Interval {
        lower: if p == 0.0 { 0.0 } else { found.lower },
        upper: if p == 1.0 { 1.0 } else { found.upper },
        ..found
    }
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
