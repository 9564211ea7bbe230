//! Ability of subjects on a common scale: a Rasch model with fixed subjects and random items.
//!
//! c_si ~ Bin(n_si, σ(θ_s − b_i)), b_i ~ N(0, τ²), items integrated out. It handles unequal sets of tasks and
//! rates near 0 or 1; it never replaces the paired gap. Only differences of abilities mean anything.

mod likelihood;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;
use crate::responses::Responses;
use likelihood::{LN_SPREAD_MEAN, evaluate};

/// A gradient smaller than this in every direction is zero.
const CONVERGED: f64 = 1e-10;
/// What still passes for converged when rounding in large sums stops progress.
const STALLED: f64 = 1e-6;
const MAX_ITERATIONS: usize = 100;

/// Difficulty of an item on the logit scale: posterior mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ItemDifficulty {
    /// Posterior mean; 0 is the average item.
    pub mean: f64,
    /// Posterior standard deviation.
    pub standard_deviation: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RaschFit {
    /// θ of each subject in logits.
    pub abilities: Vec<f64>,
    /// ln τ, τ the spread of item difficulties in logits.
    pub ln_tau: f64,
    /// V = (−∇²)⁻¹ of abilities and ln τ: right only if attempts are independent given ability and
    /// difficulty.
    pub model_covariance: Matrix,
    /// W = VJV over items, which also holds when models and tasks interact. The one for gaps.
    pub sandwich_covariance: Matrix,
    /// The items' difficulties.
    pub items: Vec<ItemDifficulty>,
    /// Negative penalised log-likelihood at the fit.
    pub objective: f64,
    /// Newton steps taken.
    pub iterations: usize,
    /// `UNBOUNDED`: subjects that passed everything or nothing. Their sandwich variance collapses; use V, and
    /// claim one side only.
    pub unbounded: Vec<bool>,
}

/// Why a model could not be fitted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FitError {
    #[error(
        "the ability model did not converge, largest gradient {gradient}: report the gaps without abilities"
    )]
    NotConverged { gradient: f64 },
    #[error("the ability model has no unique optimum: report the gaps without abilities")]
    Singular,
}

/// Fits `responses` by damped Newton steps on the exact Hessian.
///
/// # Errors
/// [`FitError`] when no well-determined optimum is reached.
pub fn fit_rasch(responses: &Responses) -> Result<RaschFit, FitError> {
    let subjects = responses.subjects();
    let mut x: Vec<f64> = (0..subjects)
        .map(|s| responses.totals(s))
        .map(|(passes, attempts)| ((passes + 0.5) / (attempts - passes + 0.5)).ln())
        .collect();
    x.push(LN_SPREAD_MEAN);
    let mut now = evaluate(responses, &x);
    let mut iterations = 0;
    while largest(&now.gradient) >= CONVERGED && iterations < MAX_ITERATIONS {
        iterations += 1;
        let step = now.hessian.ridged_cholesky().ok_or(FitError::Singular)?.solve(&now.gradient);
        let mut length = 1.0;
        let (point, next) = loop {
            let point: Vec<f64> = x.iter().zip(&step).map(|(x, d)| x - length * d).collect();
            let next = evaluate(responses, &point);
            if next.objective <= now.objective + 1e-12 || length < 1e-6 {
                break (point, next);
            }
            length *= 0.5;
        };
        let stalled = largest(&next.gradient) >= largest(&now.gradient) && largest(&now.gradient) < STALLED;
        if stalled {
            break;
        }
        (x, now) = (point, next);
    }
    let gradient = largest(&now.gradient);
    if gradient.is_nan() || gradient >= STALLED {
        return Err(FitError::NotConverged { gradient });
    }
    let model_covariance = now.hessian.cholesky().ok_or(FitError::Singular)?.inverse();
    let sandwich_covariance =
        model_covariance.times(&spread_of_scores(responses, &now.scores)).times(&model_covariance);
    let ln_tau = x.pop().unwrap_or(LN_SPREAD_MEAN);
    let unbounded =
        (0..subjects).map(|s| responses.totals(s)).map(|(passes, n)| passes == 0.0 || passes == n).collect();
    Ok(RaschFit {
        abilities: x,
        ln_tau,
        model_covariance,
        sandwich_covariance,
        items: now.items,
        objective: now.objective,
        iterations,
        unbounded,
    })
}

/// J = I/(I−1) Σᵢ (∇Lᵢ − mean)(∇Lᵢ − mean)ᵀ.
fn spread_of_scores(responses: &Responses, scores: &[Vec<f64>]) -> Matrix {
    let (items, size) = (responses.items() as f64, responses.subjects() + 1);
    let order = responses.canonical_items();
    let mean: Vec<f64> =
        (0..size).map(|j| order.iter().map(|item| scores[*item][j]).sum::<f64>() / items).collect();
    let mut spread = Matrix::zero(size);
    for item in order {
        let deviation: Vec<f64> = scores[item].iter().zip(&mean).map(|(g, m)| g - m).collect();
        spread.add_outer(&deviation, items / (items - 1.0));
    }
    spread.mirror();
    spread
}

/// The largest absolute value; NaN when any is.
fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(
        0.0,
        |largest: f64, g| if g.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(g.abs()) },
    )
}

/// A cell that the fit explains badly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Misfit {
    /// Index of the subject.
    pub subject: usize,
    /// Index of the item.
    pub item: usize,
    /// (c − np̂)/√(np̂(1−p̂)).
    pub residual: f64,
}

/// How well a fit explains the counts it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitCheck {
    /// Cells with a residual beyond ±4.
    pub misfits: Vec<Misfit>,
    /// Sum of squared residuals over cells less parameters: well above 1 when attempts are not independent.
    /// `None` when there are no cells to spare.
    pub overdispersion: Option<f64>,
}

/// Compares `responses` with what `fit` expects of them.
pub fn check_fit(responses: &Responses, fit: &RaschFit) -> FitCheck {
    let mut residuals = Vec::new();
    for (subject, theta) in fit.abilities.iter().enumerate() {
        for (item, difficulty) in fit.items.iter().enumerate() {
            let cell = responses.cell(subject, item);
            let n = f64::from(cell.attempts);
            let p = crate::responses::log_sigmoid(theta - difficulty.mean).exp();
            let spread = n * p * (1.0 - p);
            if spread > 0.0 {
                let residual = (f64::from(cell.passes) - n * p) / spread.sqrt();
                residuals.push(Misfit { subject, item, residual });
            }
        }
    }
    let squares: Vec<f64> = residuals.iter().map(|cell| cell.residual * cell.residual).collect();
    let spare = squares.len().checked_sub(fit.abilities.len() + 1).filter(|spare| *spare > 0);
    let overdispersion = spare.map(|spare| crate::moments::sum(&squares) / spare as f64);
    residuals.retain(|cell| cell.residual.abs() > 4.0);
    FitCheck { misfits: residuals, overdispersion }
}
