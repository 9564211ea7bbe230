//! The penalised marginal likelihood of the Rasch model, its gradient and its Hessian.

use crate::matrix::Matrix;
use crate::rasch::ItemDifficulty;
use crate::responses::{Responses, log_sigmoid};

/// θ_s ~ N(0, 4²) keeps subjects at 0 % or 100 % finite.
const ABILITY_VARIANCE: f64 = 16.0;
/// ln τ ~ N(ln 2, 1).
pub(super) const LN_SPREAD_MEAN: f64 = std::f64::consts::LN_2;
/// The grid is uniform, −6 to 6 in steps of 0.025: item posteriors are too narrow for Gauss–Hermite.
const NODES: usize = 481;
const STEP: f64 = 0.025;
const FIRST: f64 = -6.0;
/// Posterior weights below this cannot change a digit.
const NEGLIGIBLE: f64 = 1e-16;

/// The negative penalised log-likelihood at one point, with derivatives.
pub(super) struct Evaluation {
    pub objective: f64,
    pub gradient: Vec<f64>,
    pub hessian: Matrix,
    /// Per item, the gradient of its log-likelihood.
    pub scores: Vec<Vec<f64>>,
    pub items: Vec<ItemDifficulty>,
}

/// Abilities and ln τ against the grid: everything about a node that does not depend on the item.
struct Nodes {
    tau: f64,
    z: Vec<f64>,
    log_weight: Vec<f64>,
    /// ln p and ln (1 − p), node by node for each subject.
    log_pass: Vec<Vec<f64>>,
    log_fail: Vec<Vec<f64>>,
    /// p, subject by subject for each node.
    pass: Vec<Vec<f64>>,
}

impl Nodes {
    fn new(parameters: &[f64]) -> Nodes {
        let (abilities, ln_tau) = parameters.split_at(parameters.len() - 1);
        let tau = ln_tau[0].exp();
        let z: Vec<f64> = (0..NODES).map(|q| FIRST + q as f64 * STEP).collect();
        let scale = STEP.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln();
        let log_weight = z.iter().map(|z| scale - 0.5 * z * z).collect();
        let table = |of: fn(f64) -> f64| -> Vec<Vec<f64>> {
            abilities.iter().map(|theta| z.iter().map(|z| of(theta - tau * z)).collect()).collect()
        };
        let (log_pass, log_fail) = (table(log_sigmoid), table(|x| log_sigmoid(-x)));
        let pass = (0..NODES).map(|q| log_pass.iter().map(|row| row[q].exp()).collect()).collect();
        Nodes { tau, z, log_weight, log_pass, log_fail, pass }
    }
}

/// Evaluates at `parameters`, the abilities followed by ln τ.
pub(super) fn evaluate(responses: &Responses, parameters: &[f64]) -> Evaluation {
    let (subjects, size) = (responses.subjects(), parameters.len());
    let nodes = Nodes::new(parameters);
    let mut total = Evaluation {
        objective: 0.0,
        gradient: vec![0.0; size],
        hessian: Matrix::zero(size),
        scores: vec![Vec::new(); responses.items()],
        items: vec![ItemDifficulty { mean: 0.0, standard_deviation: 0.0 }; responses.items()],
    };
    for item in responses.canonical_items() {
        add_item(responses, &nodes, item, &mut total);
    }
    for (s, theta) in parameters[..subjects].iter().enumerate() {
        total.objective += 0.5 * theta * theta / ABILITY_VARIANCE;
        total.gradient[s] += theta / ABILITY_VARIANCE;
        total.hessian[(s, s)] += 1.0 / ABILITY_VARIANCE;
    }
    let off = parameters[subjects] - LN_SPREAD_MEAN;
    total.objective += 0.5 * off * off;
    total.gradient[subjects] += off;
    total.hessian[(subjects, subjects)] += 1.0;
    total.hessian.mirror();
    total
}

/// One item: its difficulty is integrated out over the grid, and the Hessian follows by Louis's identity
/// `∇²L = E[H + ggᵀ] − E[g]E[g]ᵀ` under the item's posterior. Fills the lower triangle only.
fn add_item(responses: &Responses, nodes: &Nodes, item: usize, total: &mut Evaluation) {
    let (subjects, tau) = (responses.subjects(), nodes.tau);
    let counts: Vec<(f64, f64)> = (0..subjects)
        .map(|s| responses.cell(s, item))
        .map(|cell| (f64::from(cell.passes), f64::from(cell.attempts)))
        .collect();
    let mut log_joint = nodes.log_weight.clone();
    for (s, (passes, attempts)) in counts.iter().enumerate() {
        let fails = attempts - passes;
        let table = nodes.log_pass[s].iter().zip(&nodes.log_fail[s]);
        for (joint, (log_pass, log_fail)) in log_joint.iter_mut().zip(table) {
            *joint += passes * log_pass + fails * log_fail;
        }
    }
    let highest = log_joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let joint: Vec<f64> = log_joint.iter().map(|l| (l - highest).exp()).collect();
    let evidence: f64 = joint.iter().sum();
    total.objective -= evidence.ln() + highest;

    let mut score = vec![0.0; subjects + 1];
    let mut here = vec![0.0; subjects + 1];
    let mut diagonal = vec![0.0; subjects + 1];
    let mut cross = vec![0.0; subjects];
    let (mut mean, mut square) = (0.0, 0.0);
    for (q, z) in nodes.z.iter().enumerate() {
        let weight = joint[q] / evidence;
        if weight < NEGLIGIBLE {
            continue;
        }
        mean += weight * z;
        square += weight * z * z;
        let (mut residuals, mut variances) = (0.0, 0.0);
        for (s, ((passes, attempts), p)) in counts.iter().zip(&nodes.pass[q]).enumerate() {
            let variance = attempts * p * (1.0 - p);
            here[s] = passes - attempts * p;
            residuals += here[s];
            variances += variance;
            diagonal[s] += weight * variance;
            cross[s] -= weight * tau * z * variance;
        }
        here[subjects] = -tau * z * residuals;
        diagonal[subjects] += weight * (tau * z * residuals + tau * tau * z * z * variances);
        total.hessian.add_outer(&here, -weight);
        for (sum, value) in score.iter_mut().zip(&here) {
            *sum += weight * value;
        }
    }
    for (s, value) in diagonal.into_iter().enumerate() {
        total.hessian[(s, s)] += value;
    }
    for (sum, value) in total.hessian.row_mut(subjects).iter_mut().zip(&cross) {
        *sum += value;
    }
    total.hessian.add_outer(&score, 1.0);
    for (sum, value) in total.gradient.iter_mut().zip(&score) {
        *sum -= value;
    }
    let standard_deviation = tau * (square - mean * mean).max(0.0).sqrt();
    total.items[item] = ItemDifficulty { mean: tau * mean, standard_deviation };
    total.scores[item] = score;
}
