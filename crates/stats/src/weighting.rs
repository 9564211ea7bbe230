//! Micro against macro: whether the answer depends on how families are weighed.

use serde::{Deserialize, Serialize};

use crate::family::family_means;
use crate::moments::{mean, sign};

/// When a disagreement of micro and macro is worth a flag; the values belong to the plan's lock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeightingLimits {
    /// |micro − macro| above this and above the macro standard error is `MAGNITUDE_DISAGREE`.
    pub magnitude: f64,
    /// A family with a larger share of the tasks than this is `DOMINANT_FAMILY`.
    pub dominance: f64,
}

impl WeightingLimits {
    /// What docs/methodology.md proposes: 1 percentage point and one half.
    pub const PROPOSED: WeightingLimits = WeightingLimits { magnitude: 0.01, dominance: 0.5 };
}

/// Micro and macro over all families and with each left out, and the flags that follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighting {
    /// Mean over tasks.
    pub micro_estimate: f64,
    /// Mean over family means.
    pub macro_estimate: f64,
    /// Each family's share of the tasks, its weight in the micro mean.
    pub shares: Vec<f64>,
    /// Micro and macro without each family in turn; empty with a single family.
    pub leave_one_out: Vec<(f64, f64)>,
    /// `SIGN_DISAGREE`: micro and macro point in opposite directions.
    pub sign_disagree: bool,
    /// `MAGNITUDE_DISAGREE`.
    pub magnitude_disagree: bool,
    /// `DOMINANT_FAMILY`: the index of the family.
    pub dominant_family: Option<usize>,
    /// `LEAVE_ONE_FAMILY_OUT_FLIP`: without some family the micro or the macro gap changes its sign.
    pub leave_one_family_out_flip: bool,
}

impl Weighting {
    /// Whether any flag forbids a single-number headline.
    pub fn is_flagged(&self) -> bool {
        self.sign_disagree
            || self.magnitude_disagree
            || self.dominant_family.is_some()
            || self.leave_one_family_out_flip
    }
}

/// Weighs `families`, each the task differences of one family, given the macro gap's standard error where
/// there is one. `None` without families or with an empty one.
pub fn weighting<F: AsRef<[f64]>>(
    families: &[F],
    macro_standard_error: Option<f64>,
    limits: WeightingLimits,
) -> Option<Weighting> {
    let means = family_means(families)?;
    let without = |out: Option<usize>| -> Option<(f64, f64)> {
        let kept = |index: &usize| Some(*index) != out;
        let tasks: Vec<f64> =
            (0..families.len()).filter(kept).flat_map(|f| families[f].as_ref().iter().copied()).collect();
        let kept_means: Vec<f64> = (0..families.len()).filter(kept).map(|f| means[f]).collect();
        Some((mean(&tasks)?, mean(&kept_means)?))
    };
    let (micro_estimate, macro_estimate) = without(None)?;
    let leave_one_out: Vec<(f64, f64)> = (0..families.len()).filter_map(|out| without(Some(out))).collect();
    let n: usize = families.iter().map(|family| family.as_ref().len()).sum();
    let shares: Vec<f64> = families.iter().map(|family| family.as_ref().len() as f64 / n as f64).collect();
    let opposite = |a: f64, b: f64| sign(a) * sign(b) < 0;
    let limit = limits.magnitude.max(macro_standard_error.unwrap_or(0.0));
    Some(Weighting {
        micro_estimate,
        macro_estimate,
        sign_disagree: opposite(micro_estimate, macro_estimate),
        magnitude_disagree: (micro_estimate - macro_estimate).abs() > limit,
        dominant_family: shares.iter().position(|share| *share > limits.dominance),
        leave_one_family_out_flip: leave_one_out.iter().any(|(by_task, by_family)| {
            opposite(*by_task, micro_estimate) || opposite(*by_family, macro_estimate)
        }),
        shares,
        leave_one_out,
    })
}

/// `RANK_DISAGREE`: whether two ways of scoring the same models put any two of them in opposite order.
pub fn rank_disagree(micro_scores: &[f64], macro_scores: &[f64]) -> bool {
    let models: Vec<(f64, f64)> = micro_scores.iter().copied().zip(macro_scores.iter().copied()).collect();
    models.iter().enumerate().any(|(i, a)| models[..i].iter().any(|b| sign(a.0 - b.0) * sign(a.1 - b.1) < 0))
}
