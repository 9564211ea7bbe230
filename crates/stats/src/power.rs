//! How many tasks and attempts a sweep needs, and what it can find with those it has.

use serde::{Deserialize, Serialize};

use crate::distributions::normal_quantile;
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
