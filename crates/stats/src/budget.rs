//! The gap as a function of the budget, from workspaces verified at checkpoints.
//!
//! A task's curve has one number per grid point: the mean over attempts of what would have been graded if the
//! trial had been stopped there.

use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::moments::mean;

/// Budgets at which workspaces were verified: positive, increasing, at least two; the last is the sweep's B.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct BudgetGrid(Vec<f64>);

/// A grid that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a budget grid needs at least two positive, increasing budgets")]
pub struct GridError;

impl TryFrom<Vec<f64>> for BudgetGrid {
    type Error = GridError;
    fn try_from(budgets: Vec<f64>) -> Result<BudgetGrid, GridError> {
        let increasing = budgets.windows(2).all(|pair| pair[0] < pair[1]);
        let finite = budgets.iter().all(|b| *b > 0.0 && b.is_finite());
        if budgets.len() > 1 && increasing && finite { Ok(BudgetGrid(budgets)) } else { Err(GridError) }
    }
}

impl From<BudgetGrid> for Vec<f64> {
    fn from(grid: BudgetGrid) -> Vec<f64> {
        grid.0
    }
}

impl BudgetGrid {
    /// B·2^−(points−1), …, B/2, B.
    ///
    /// # Errors
    /// [`GridError`] with fewer than two points or a budget that is not positive.
    pub fn geometric(budget: f64, points: u32) -> Result<BudgetGrid, GridError> {
        let halvings = (0..points).rev().map(|j| budget * 0.5_f64.powi(j.try_into().unwrap_or(i32::MAX)));
        BudgetGrid::try_from(halvings.collect::<Vec<f64>>())
    }

    /// The budgets, smallest first.
    pub fn budgets(&self) -> &[f64] {
        &self.0
    }

    /// C(b) of one task: `attempts` holds each attempt's score at every budget. Not monotone: agents break
    /// things.
    ///
    /// `None` without attempts or when one does not match the grid.
    pub fn current_status(&self, attempts: &[Vec<f64>]) -> Option<Vec<f64>> {
        self.curve(attempts, |status| status.to_vec())
    }

    /// F(b) of one task: the best score any checkpoint up to b had, what an oracle that knew when to stop
    /// would get.
    ///
    /// `None` without attempts or when one does not match the grid.
    pub fn first_passage(&self, attempts: &[Vec<f64>]) -> Option<Vec<f64>> {
        let best_so_far = |best: &mut f64, now: &f64| {
            *best = best.max(*now);
            Some(*best)
        };
        self.curve(attempts, |status| status.iter().scan(0.0, best_so_far).collect())
    }

    fn curve(&self, attempts: &[Vec<f64>], of: impl Fn(&[f64]) -> Vec<f64>) -> Option<Vec<f64>> {
        if attempts.iter().any(|status| status.len() != self.0.len()) {
            return None;
        }
        mean_curve(&attempts.iter().map(|status| of(status)).collect::<Vec<Vec<f64>>>())
    }

    /// Area under `curve` on ln b by the trapezoid rule, divided by the range: a mean score over budgets.
    /// Linear in the curve, so that tasks can be averaged before or after.
    ///
    /// `None` when the curve does not match the grid.
    pub fn area(&self, curve: &[f64]) -> Option<f64> {
        if curve.len() != self.0.len() {
            return None;
        }
        let trapezoid = |(budgets, scores): (&[f64], &[f64])| {
            0.5 * (scores[0] + scores[1]) * (budgets[1] / budgets[0]).ln()
        };
        let total: f64 = self.0.windows(2).zip(curve.windows(2)).map(trapezoid).sum();
        Some(total / (self.0[self.0.len() - 1] / self.0[0]).ln())
    }

    /// The gap in area, paired by task. `None` without tasks or when curves do not match each other or the
    /// grid.
    pub fn area_gap(&self, baseline: &[Vec<f64>], other: &[Vec<f64>], level: Level) -> Option<Gap> {
        let areas =
            |tasks: &[Vec<f64>]| tasks.iter().map(|curve| self.area(curve)).collect::<Option<Vec<f64>>>();
        let (baseline_areas, other_areas) = (areas(baseline)?, areas(other)?);
        if baseline_areas.len() != other_areas.len() {
            return None;
        }
        let differences: Vec<f64> = other_areas.iter().zip(&baseline_areas).map(|(o, b)| o - b).collect();
        micro_gap(&differences, level)
    }

    /// How much of the full budget the other arm needs to match the baseline's score at the full budget: the
    /// smallest b/B with C_other(b) ≥ C_baseline(B). `None` when it never does, or curves do not match the
    /// grid.
    pub fn matching_budget(&self, baseline: &[f64], other: &[f64]) -> Option<f64> {
        let (full, target) = (self.0.last()?, baseline.last()?);
        if baseline.len() != self.0.len() || other.len() != self.0.len() {
            return None;
        }
        self.0.iter().zip(other).find(|(_, score)| *score >= target).map(|(budget, _)| budget / full)
    }
}

/// Mean of `curves` at every budget; `None` without curves or when they differ in length.
pub fn mean_curve(curves: &[Vec<f64>]) -> Option<Vec<f64>> {
    let points = curves.first()?.len();
    if curves.iter().any(|curve| curve.len() != points) {
        return None;
    }
    (0..points).map(|j| mean(&curves.iter().map(|curve| curve[j]).collect::<Vec<f64>>())).collect()
}

/// The gap at every budget with its pointwise interval, paired by task. Claims about several budgets at once
/// need [`crate::holm`] over them.
///
/// `None` without tasks or when curves differ in number or length.
pub fn gap_curve(baseline: &[Vec<f64>], other: &[Vec<f64>], level: Level) -> Option<Vec<Gap>> {
    let points = baseline.first()?.len();
    let matching = baseline.iter().chain(other).all(|curve| curve.len() == points);
    if baseline.len() != other.len() || !matching {
        return None;
    }
    let at = |j: usize| -> Vec<f64> { other.iter().zip(baseline).map(|(o, b)| o[j] - b[j]).collect() };
    (0..points).map(|j| micro_gap(&at(j), level)).collect()
}

/// `RISING`: whether the last doubling of the budget still raised the score by more than the standard error
/// of that rise, so that the score at the full budget is a lower bound. `curves` has one per task.
///
/// `None` with fewer than two tasks or two budgets.
pub fn is_rising(curves: &[Vec<f64>]) -> Option<bool> {
    let last_step = |curve: &Vec<f64>| match curve.as_slice() {
        [.., before, last] => Some(last - before),
        _ => None,
    };
    let rises = curves.iter().map(last_step).collect::<Option<Vec<f64>>>()?;
    let rise = micro_gap(&rises, Level::P95)?;
    Some(rise.estimate > rise.standard_error()?)
}
