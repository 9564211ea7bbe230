//! How many tasks and attempts a sweep needs, and what it can find with those it has.

use std::{cell::RefCell, collections::HashMap};

use serde::{Deserialize, Serialize};

use statrs::function::gamma::ln_gamma;

use crate::distributions::{normal_cdf, normal_quantile, t_quantile};
use crate::interval::Level;
use crate::moments::{mean, variance};
use crate::score::{TaskPair, differences};

/// Where the variance of a task's difference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VarianceParts {
    /// ω²: between tasks, what more attempts cannot reduce.
    pub between_tasks: f64,
    /// σ_B²: between attempts of one task in the baseline arm.
    pub baseline: f64,
    /// σ_H²: the same in the other arm.
    pub other: f64,
}

impl VarianceParts {
    /// Splits the observed variance of `pairs`: ω² = max(0, s_d² − mean of the within-task parts).
    ///
    /// `None` with fewer than two tasks or a task with a single attempt in an arm.
    pub fn estimate(pairs: &[TaskPair]) -> Option<VarianceParts> {
        let total = variance(&differences(pairs))?;
        let within = |pick: fn(&TaskPair) -> (Option<f64>, u32)| -> Option<(f64, f64)> {
            let parts: Vec<(f64, f64)> = pairs
                .iter()
                .map(pick)
                .map(|(variance, attempts)| variance.map(|v| (v, v / f64::from(attempts))))
                .collect::<Option<_>>()?;
            let (variances, of_means): (Vec<f64>, Vec<f64>) = parts.into_iter().unzip();
            Some((mean(&variances)?, mean(&of_means)?))
        };
        let (baseline, baseline_mean) = within(|pair| (pair.baseline.variance(), pair.baseline.attempts()))?;
        let (other, other_mean) = within(|pair| (pair.other.variance(), pair.other.attempts()))?;
        let between_tasks = (total - baseline_mean - other_mean).max(0.0);
        Some(VarianceParts { between_tasks, baseline, other })
    }

    /// Var(d) = ω² + σ_B²/k_B + σ_H²/k_H for the given attempts per task, each at least 1.
    pub fn of_difference(&self, attempts_baseline: u32, attempts_other: u32) -> f64 {
        self.between_tasks
            + self.baseline / f64::from(attempts_baseline.max(1))
            + self.other / f64::from(attempts_other.max(1))
    }

    /// The number of attempts per arm that buys most precision when setting a task up costs `task_cost` and a
    /// trial `trial_cost`: √((σ_B² + σ_H²)/ω² · c₀/2c₁). `None` when ω² or `trial_cost` is not positive.
    pub fn best_attempts(&self, task_cost: f64, trial_cost: f64) -> Option<f64> {
        let possible = self.between_tasks > 0.0 && trial_cost > 0.0;
        possible.then(|| {
            ((self.baseline + self.other) / self.between_tasks * task_cost / (2.0 * trial_cost)).sqrt()
        })
    }
}

/// Tasks needed to find a gap of `delta` with probability `power`: (z₁₋α/₂ + z_power)²·Var(d)/δ².
///
/// `None` when `delta` is 0.
pub fn tasks_needed(delta: f64, variance_of_difference: f64, level: Level, power: f64) -> Option<f64> {
    (delta != 0.0)
        .then(|| (level.z() + normal_quantile(power)).powi(2) * variance_of_difference / (delta * delta))
}

/// The smallest gap that `tasks` tasks find with probability `power`. `None` without tasks.
pub fn minimum_detectable(tasks: u64, variance_of_difference: f64, level: Level, power: f64) -> Option<f64> {
    (tasks > 0).then(|| (level.z() + normal_quantile(power)) * (variance_of_difference / tasks as f64).sqrt())
}

/// The level to plan for so that Holm over `models` models still has the wanted power: α/m.
pub fn holm_planning_level(level: Level, models: u32) -> Level {
    Level::new(1.0 - level.alpha() / f64::from(models.max(1))).unwrap_or(level)
}

/// By what to multiply a number of tasks when families correlate: 1 + (m̄ − 1)·ICC, never below 1.
pub fn design_effect(mean_tasks_per_family: f64, icc: f64) -> f64 {
    (1.0 + (mean_tasks_per_family - 1.0) * icc).max(1.0)
}

/// The |t| from which on Student's two-sided test at `level` rejects.
pub(crate) fn t_critical(df: f64, level: Level) -> f64 {
    t_quantile(level.upper_tail(), df)
}

/// c₄: the mean of a sample standard deviation on `df` degrees of freedom over the true one,
/// √(2/df)·Γ((df+1)/2)/Γ(df/2).
pub(crate) fn c4(df: f64) -> f64 {
    (2.0 / df).sqrt() * (ln_gamma((df + 1.0) / 2.0) - ln_gamma(df / 2.0)).exp()
}

/// Intervals of the integral below, an even number.
const STEPS: u32 = 400;

/// Power of Student's two-sided test at `level` when the true mean is `noncentrality` standard errors from 0:
/// P(|T| > t) for T of the noncentral t distribution, ∫ [Φ(δ − ts) + Φ(−δ − ts)] f(s) ds over the scaled chi density
/// f of the estimated over the true standard error, by Simpson's rule.
pub fn noncentral_power(df: f64, noncentrality: f64, level: Level) -> f64 {
    let critical = t_critical(df, level);
    let scale = std::f64::consts::LN_2 + df / 2.0 * (df / 2.0).ln() - ln_gamma(df / 2.0);
    let density = |s: f64| (scale + (df - 1.0) * s.ln() - df * s * s / 2.0).exp();
    let found = |s: f64| normal_cdf(noncentrality - critical * s) + normal_cdf(-noncentrality - critical * s);
    let spread = 8.0 / (2.0 * df).sqrt();
    // Outside these bounds one of the two factors is nothing.
    let lowest = (1.0 - spread).max(0.0);
    let highest = (1.0 + spread).min((noncentrality.abs() + 8.0) / critical);
    if highest <= lowest {
        return 0.0;
    }
    // Over u = √s, in which the density is smooth at 0 for all degrees of freedom from 1 on.
    let (start, step) = (lowest.sqrt(), (highest.sqrt() - lowest.sqrt()) / f64::from(STEPS));
    let at = |u: f64| if u > 0.0 { 2.0 * u * density(u * u) * found(u * u) } else { 0.0 };
    let total: f64 = (0..=STEPS)
        .map(|i| {
            let weight = if i == 0 || i == STEPS {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            };
            weight * at(start + step * f64::from(i))
        })
        .sum();
    (total * step / 3.0).clamp(0.0, 1.0)
}

/// How many standard errors from 0 a mean must be for Student's two-sided test at `level` to find it with
/// probability `power`: the root of [`noncentral_power`].
pub fn noncentrality(df: f64, level: Level, power: f64) -> f64 {
    thread_local! {
        // A report asks for the same few at every point of every curve.
        static FOUND: RefCell<HashMap<[u64; 3], f64>> = RefCell::default();
    }
    let key = [df, level.get(), power].map(f64::to_bits);
    FOUND.with_borrow_mut(|found| *found.entry(key).or_insert_with(|| root(df, level, power)))
}

fn root(df: f64, level: Level, power: f64) -> f64 {
    let short = |noncentrality: f64| noncentral_power(df, noncentrality, level) - power;
    let (mut low, mut high) = (0.0, t_critical(df, level) + normal_quantile(power).max(0.0));
    while short(high) < 0.0 && high < 1e9 {
        (low, high) = (high, high * 2.0);
    }
    // The Illinois method: the root stays between the ends, and few steps are needed.
    let (mut below, mut above) = (short(low), short(high));
    for _ in 0..60 {
        let guess = (low * above - high * below) / (above - below);
        let found = short(guess);
        if found.abs() < 1e-11 || high - low < 1e-12 * high {
            return guess;
        }
        if found < 0.0 {
            (low, below, above) = (guess, found, above * 0.5);
        } else {
            (high, above, below) = (guess, found, below * 0.5);
        }
    }
    0.5 * (low + high)
}

/// Most families that are looked at when a number of tasks is sought.
const MOST_FAMILIES: usize = 1 << 20;

/// Tasks needed to find a mean of `delta` with probability `power`, in families of `size` tasks each that correlate by
/// `icc`: the fewest whole families. `None` when `delta` is 0 or there are not enough families in the world.
pub fn families_needed(
    delta: f64,
    variance: f64,
    icc: f64,
    size: usize,
    level: Level,
    power: f64,
) -> Option<usize> {
    // Of families of one size everything is known without listing them.
    let error =
        |families: usize| (variance * (icc + (1.0 - icc) / size.max(1) as f64) / families as f64).sqrt();
    let found = |families: usize| {
        let error = error(families);
        error == 0.0 || noncentral_power(families as f64 - 1.0, delta / error, level) >= power
    };
    if delta == 0.0 || !found(MOST_FAMILIES) {
        return None;
    }
    let (mut low, mut high) = (1, MOST_FAMILIES);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if found(middle) { high = middle } else { low = middle }
    }
    Some(high)
}
