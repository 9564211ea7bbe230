//! The same counts under a model in which items also differ in how sharply they tell subjects apart: a check
//! on the Rasch model, never a result of its own. So few subjects do not identify an item's sharpness.

use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;
use crate::moments::sign;
use crate::rasch::{FitError, RaschFit};
use crate::responses::{Responses, log_sigmoid};

/// θ ~ N(0, 4²), b ~ N(0, 2.25²), ln a ~ N(0, 0.3²).
const ABILITY_PRECISION: f64 = 1.0 / 16.0;
const DIFFICULTY_PRECISION: f64 = 1.0 / (2.25 * 2.25);
const SHARPNESS_PRECISION: f64 = 1.0 / 0.09;
const CONVERGED: f64 = 1e-8;
/// What still passes for converged when rounding stops progress.
const STALLED: f64 = 1e-6;
const MAX_ITERATIONS: usize = 500;

/// Posterior mode of the two-parameter model, P(pass) = σ(a_i(θ_s − b_i)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TwoParameterFit {
    /// θ of each subject.
    pub abilities: Vec<f64>,
    /// b and ln a of each item.
    pub items: Vec<TwoParameterItem>,
    /// Negative log posterior at the mode, up to a constant.
    pub objective: f64,
}

/// An item of the two-parameter model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoParameterItem {
    /// Difficulty b.
    pub difficulty: f64,
    /// ln a: 0 is the sharpness of the Rasch model.
    pub ln_discrimination: f64,
}

/// Finds the mode by damped Fisher scoring; items are eliminated one by one, so that it takes time linear in
/// them.
///
/// # Errors
/// [`FitError`] when the mode is not reached.
pub fn fit_two_parameter(responses: &Responses) -> Result<TwoParameterFit, FitError> {
    let start = TwoParameterItem { difficulty: 0.0, ln_discrimination: 0.0 };
    let mut now = TwoParameterFit {
        abilities: vec![0.0; responses.subjects()],
        items: vec![start; responses.items()],
        objective: 0.0,
    };
    now.objective = objective(responses, &now);
    let mut gradient = f64::INFINITY;
    for _ in 0..MAX_ITERATIONS {
        let step = scoring_step(responses, &now).ok_or(FitError::Singular)?;
        gradient = step.gradient;
        if gradient < CONVERGED {
            return Ok(now);
        }
        let next = (0..30).map(|halvings| step.from(responses, &now, 0.5_f64.powi(halvings)));
        // Next to the mode a good step may raise the objective by its rounding.
        let allowed = now.objective + 1e-13 * now.objective.abs();
        match next.into_iter().find(|next| next.objective <= allowed) {
            Some(next) => now = next,
            None => break,
        }
    }
    if gradient < STALLED { Ok(now) } else { Err(FitError::NotConverged { gradient }) }
}

/// `MODEL_DEPENDENT`: whether the gap from subject `baseline` to `other` has opposite signs in the two
/// models. `None` when either subject does not exist.
pub fn is_model_dependent(
    rasch: &RaschFit,
    other_model: &TwoParameterFit,
    baseline: usize,
    other: usize,
) -> Option<bool> {
    let gap = |abilities: &[f64]| Some(sign(abilities.get(other)? - abilities.get(baseline)?));
    Some(gap(&rasch.abilities)? * gap(&other_model.abilities)? < 0)
}

fn objective(responses: &Responses, at: &TwoParameterFit) -> f64 {
    let mut total = 0.0;
    for index in responses.canonical_items() {
        let item = at.items[index];
        for (subject, theta) in at.abilities.iter().enumerate() {
            let cell = responses.cell(subject, index);
            let logit = item.ln_discrimination.exp() * (theta - item.difficulty);
            let fails = f64::from(cell.attempts - cell.passes);
            total -= f64::from(cell.passes) * log_sigmoid(logit) + fails * log_sigmoid(-logit);
        }
        total += 0.5 * DIFFICULTY_PRECISION * item.difficulty.powi(2);
        total += 0.5 * SHARPNESS_PRECISION * item.ln_discrimination.powi(2);
    }
    total + at.abilities.iter().map(|theta| 0.5 * ABILITY_PRECISION * theta * theta).sum::<f64>()
}

/// A descent direction and the largest absolute gradient where it starts.
struct ScoringStep {
    abilities: Vec<f64>,
    items: Vec<[f64; 2]>,
    gradient: f64,
}

impl ScoringStep {
    fn from(&self, responses: &Responses, at: &TwoParameterFit, length: f64) -> TwoParameterFit {
        let abilities =
            at.abilities.iter().zip(&self.abilities).map(|(theta, d)| theta - length * d).collect();
        let moved = |(item, d): (&TwoParameterItem, &[f64; 2])| TwoParameterItem {
            difficulty: item.difficulty - length * d[0],
            ln_discrimination: item.ln_discrimination - length * d[1],
        };
        let items = at.items.iter().zip(&self.items).map(moved).collect();
        let mut next = TwoParameterFit { abilities, items, objective: 0.0 };
        next.objective = objective(responses, &next);
        next
    }
}

/// What one item contributes: its gradient, its inverse information and its coupling to every subject.
struct ItemBlock {
    gradient: [f64; 2],
    inverse: [[f64; 2]; 2],
    coupling: Vec<[f64; 2]>,
}

/// Solves information · step = gradient. The information of abilities is diagonal and that of items is made
/// of 2 × 2 blocks, so that eliminating the items leaves a system in the abilities alone.
fn scoring_step(responses: &Responses, at: &TwoParameterFit) -> Option<ScoringStep> {
    let subjects = responses.subjects();
    let mut gradient: Vec<f64> = at.abilities.iter().map(|theta| ABILITY_PRECISION * theta).collect();
    let mut reduced = Matrix::zero(subjects);
    for s in 0..subjects {
        reduced[(s, s)] = ABILITY_PRECISION;
    }
    let order = responses.canonical_items();
    let blocks: Vec<ItemBlock> =
        order.iter().map(|item| item_block(responses, at, *item, &mut gradient, &mut reduced)).collect();
    let largest = blocks.iter().flat_map(|block| block.gradient).chain(gradient.iter().copied());
    let largest = largest.fold(0.0, |largest: f64, g| largest.max(g.abs()));
    let mut right = gradient;
    for block in &blocks {
        let solved = multiply(&block.inverse, block.gradient);
        for (s, coupling) in block.coupling.iter().enumerate() {
            right[s] -= dot(*coupling, solved);
            let half = multiply(&block.inverse, *coupling);
            for (t, other) in block.coupling.iter().enumerate() {
                reduced[(s, t)] -= dot(half, *other);
            }
        }
    }
    let abilities = reduced.ridged_cholesky()?.solve(&right);
    let mut items = vec![[0.0; 2]; order.len()];
    for (item, block) in order.into_iter().zip(&blocks) {
        let coupled = block.coupling.iter().zip(&abilities);
        let rest = coupled.fold(block.gradient, |g, (c, step)| [g[0] - c[0] * step, g[1] - c[1] * step]);
        items[item] = multiply(&block.inverse, rest);
    }
    Some(ScoringStep { abilities, items, gradient: largest })
}

/// The block of one item; adds to the abilities' `gradient` and to the diagonal of their `information`.
fn item_block(
    responses: &Responses,
    at: &TwoParameterFit,
    index: usize,
    gradient: &mut [f64],
    information: &mut Matrix,
) -> ItemBlock {
    let item = at.items[index];
    let a = item.ln_discrimination.exp();
    let mut own = [DIFFICULTY_PRECISION * item.difficulty, SHARPNESS_PRECISION * item.ln_discrimination];
    let (mut bb, mut bl, mut ll) = (DIFFICULTY_PRECISION, 0.0, SHARPNESS_PRECISION);
    let mut coupling = Vec::with_capacity(at.abilities.len());
    for (s, theta) in at.abilities.iter().enumerate() {
        let cell = responses.cell(s, index);
        let (n, logit) = (f64::from(cell.attempts), a * (theta - item.difficulty));
        let p = log_sigmoid(logit).exp();
        let (residual, weight) = (f64::from(cell.passes) - n * p, n * p * (1.0 - p));
        gradient[s] -= a * residual;
        own[0] += a * residual;
        own[1] -= logit * residual;
        information[(s, s)] += weight * a * a;
        bb += weight * a * a;
        bl -= weight * a * logit;
        ll += weight * logit * logit;
        coupling.push([-weight * a * a, weight * a * logit]);
    }
    let determinant = bb * ll - bl * bl;
    let inverse = [[ll / determinant, -bl / determinant], [-bl / determinant, bb / determinant]];
    ItemBlock { gradient: own, inverse, coupling }
}

fn multiply(matrix: &[[f64; 2]; 2], vector: [f64; 2]) -> [f64; 2] {
    [dot(matrix[0], vector), dot(matrix[1], vector)]
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}
