//! What k attempts give: pass@k, pass^k, best-of-n.

use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::moments::mean;
use crate::score::{Score, TaskPair};

/// pass@k: the probability that at least one of k attempts passes, estimated from `passes` of `attempts`
/// without bias (Chen et al. 2021), 1 − C(n−c, k)/C(n, k).
///
/// `None` when k exceeds the attempts: never extrapolated.
pub fn pass_at_k(passes: u32, attempts: u32, k: u32) -> Option<f64> {
    if k > attempts || passes > attempts {
        return None;
    }
    if attempts - passes < k {
        return Some(1.0);
    }
    let all_fail =
        (attempts - passes + 1..=attempts).map(|i| 1.0 - f64::from(k) / f64::from(i)).product::<f64>();
    Some(1.0 - all_fail)
}

/// pass^k: the probability that all of k attempts pass (τ-bench), C(c, k)/C(n, k).
///
/// `None` when k exceeds the attempts.
pub fn pass_hat_k(passes: u32, attempts: u32, k: u32) -> Option<f64> {
    if k > attempts || passes > attempts {
        return None;
    }
    if passes < k {
        return Some(0.0);
    }
    Some((0..k).map(|i| f64::from(passes - i) / f64::from(attempts - i)).product())
}

/// Both arms under a k-attempt measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PassGap {
    /// Mean over tasks in the baseline arm.
    pub baseline: f64,
    /// Mean over tasks in the other arm.
    pub other: f64,
    /// Paired difference.
    pub gap: Gap,
}

/// The gap in `measure` ([`pass_at_k`] or [`pass_hat_k`]) at `k`, paired by task, each task with its own
/// number of attempts.
///
/// `None` without tasks, with partial credit, or when any task has fewer than `k` attempts in an arm.
pub fn pass_gap(
    pairs: &[TaskPair],
    k: u32,
    measure: fn(u32, u32, u32) -> Option<f64>,
    level: Level,
) -> Option<PassGap> {
    let of = |score: &Score| measure(score.passes()?, score.attempts(), k);
    let baseline = pairs.iter().map(|pair| of(&pair.baseline)).collect::<Option<Vec<f64>>>()?;
    let other = pairs.iter().map(|pair| of(&pair.other)).collect::<Option<Vec<f64>>>()?;
    let differences: Vec<f64> = other.iter().zip(&baseline).map(|(o, b)| o - b).collect();
    Some(PassGap { baseline: mean(&baseline)?, other: mean(&other)?, gap: micro_gap(&differences, level)? })
}

/// How much of what an oracle would gain a selector among n attempts gains:
/// (selected − pass@1)/(pass@n − pass@1). `None` when there is nothing to gain.
pub fn selector_efficiency(selected: f64, pass_at_1: f64, pass_at_n: f64) -> Option<f64> {
    let possible = pass_at_n - pass_at_1;
    (possible > 0.0).then(|| (selected - pass_at_1) / possible)
}
