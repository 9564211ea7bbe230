//! What the gap costs.

use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::moments::{mean, sum};

/// One task: how much more the other arm solves, and how much more it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// Other minus baseline success, in [−1, 1].
    pub success: f64,
    /// Other minus baseline cost per attempt, in any currency.
    pub cost: f64,
}

/// Net benefit λΔp − Δc per task when a solved task is worth `lambda`: linear, unlike Δc/Δp, which is
/// unstable near Δp = 0. `None` without tasks.
pub fn net_benefit(tasks: &[Trade], lambda: f64, level: Level) -> Option<Gap> {
    micro_gap(&tasks.iter().map(|task| lambda * task.success - task.cost).collect::<Vec<f64>>(), level)
}

/// The worth of a solved task at which net benefit is 0: mean Δc over mean Δp. `None` unless the other arm
/// solves more; when it costs less as well, the value is not positive and the other arm is better at any
/// worth.
pub fn break_even(tasks: &[Trade]) -> Option<f64> {
    let success = mean(&tasks.iter().map(|task| task.success).collect::<Vec<f64>>())?;
    let cost = mean(&tasks.iter().map(|task| task.cost).collect::<Vec<f64>>())?;
    (success > 1e-12).then(|| cost / success)
}

/// Total cost over total solves, given each task's mean cost and mean success in the same order. `None` when
/// nothing was solved.
pub fn cost_per_solve(costs: &[f64], successes: &[f64]) -> Option<f64> {
    let solved = sum(successes);
    (solved > 0.0).then(|| sum(costs) / solved)
}
