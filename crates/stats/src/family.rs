//! Gaps over tasks that come in families.

use serde::{Deserialize, Serialize};

use crate::gap::{Gap, Spread, micro_gap};
use crate::interval::Level;
use crate::moments::{mean, sum, variance};

/// The macro gap with families as a sample: mean of family means, t on F − 1 degrees of freedom. The headline
/// when F ≥ 6 and the claim goes beyond these families. One task in a family is enough.
///
/// `families` holds each family's task differences; `None` without families or with an empty one.
pub fn macro_gap<F: AsRef<[f64]>>(families: &[F], level: Level) -> Option<Gap> {
    micro_gap(&family_means(families)?, level)
}

/// The macro gap with these families as all there is: SE² = F⁻² Σ s_f²/n_f, degrees of freedom by
/// Satterthwaite.
///
/// Undefined spread when a family has one task; `None` without families or with an empty one.
pub fn macro_gap_fixed_families<F: AsRef<[f64]>>(families: &[F], level: Level) -> Option<Gap> {
    let estimate = mean(&family_means(families)?)?;
    let count = families.len() as f64;
    let parts: Option<Vec<(f64, f64)>> = families
        .iter()
        .map(|family| {
            let n = family.as_ref().len() as f64;
            variance(family.as_ref()).map(|v| (v / (n * count * count), n - 1.0))
        })
        .collect();
    let Some(parts) = parts else {
        return Some(Gap { estimate, units: families.len(), spread: Spread::Undefined });
    };
    let total = sum(&parts.iter().map(|(v, _)| *v).collect::<Vec<f64>>());
    let weighted = sum(&parts.iter().map(|(v, df)| v * v / df).collect::<Vec<f64>>());
    let df = if weighted > 0.0 { total * total / weighted } else { 0.0 };
    Some(Gap::from_error(estimate, total.sqrt(), df, families.len(), level))
}

/// The mean of each family; `None` without families or with an empty one.
pub fn family_means<F: AsRef<[f64]>>(families: &[F]) -> Option<Vec<f64>> {
    if families.is_empty() {
        return None;
    }
    families.iter().map(|family| mean(family.as_ref())).collect()
}

/// The micro gap when tasks of a family are alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clustered {
    /// Δ with the CR1 standard error and t on the effective degrees of freedom.
    pub gap: Gap,
    /// CR0, Miller's clustered standard error.
    pub cr0: f64,
    /// CR1 = CR0·√(G/(G−1)); `None` with a single family.
    pub cr1: Option<f64>,
    /// 1/Σ(n_g/n)²: how many families of equal size this is worth.
    pub effective_families: f64,
    /// Intraclass correlation (one-way ANOVA); `None` when it is not estimable.
    pub icc: Option<f64>,
}

impl Clustered {
    /// Whether the plain task-level interval must be marked `CLUSTERED`: the correlation exceeds `threshold`
    /// (0.05 is proposed).
    pub fn is_clustered(&self, threshold: f64) -> bool {
        self.icc.is_some_and(|icc| icc > threshold)
    }
}

/// The micro gap with family-clustered uncertainty: CR1 and t on max(1, G_eff − 1) degrees of freedom.
///
/// `None` without families or with an empty one.
pub fn clustered_gap<F: AsRef<[f64]>>(families: &[F], level: Level) -> Option<Clustered> {
    family_means(families)?;
    let all: Vec<f64> = families.iter().flat_map(|family| family.as_ref().iter().copied()).collect();
    let (n, groups, estimate) = (all.len() as f64, families.len() as f64, mean(&all)?);
    let squares: Vec<f64> = families
        .iter()
        .map(|family| {
            let deviation: Vec<f64> = family.as_ref().iter().map(|d| d - estimate).collect();
            sum(&deviation).powi(2)
        })
        .collect();
    // Rounding in the mean must not pass for spread when all families agree.
    let cr0 = if variance(&all) == Some(0.0) { 0.0 } else { sum(&squares).sqrt() / n };
    let shares: Vec<f64> = families.iter().map(|family| (family.as_ref().len() as f64 / n).powi(2)).collect();
    let effective_families = 1.0 / sum(&shares);
    let cr1 = (families.len() > 1).then(|| cr0 * (groups / (groups - 1.0)).sqrt());
    let gap = match cr1 {
        Some(error) => {
            Gap::from_error(estimate, error, (effective_families - 1.0).max(1.0), families.len(), level)
        }
        None => Gap { estimate, units: families.len(), spread: Spread::Undefined },
    };
    Some(Clustered { gap, cr0, cr1, effective_families, icc: intraclass_correlation(families) })
}

/// The ANOVA estimate of the share of variance that lies between families; may be negative.
///
/// `None` with fewer than two families, without a family of two tasks, or without any variance.
pub fn intraclass_correlation<F: AsRef<[f64]>>(families: &[F]) -> Option<f64> {
    let means = family_means(families)?;
    let all: Vec<f64> = families.iter().flat_map(|family| family.as_ref().iter().copied()).collect();
    let (n, groups) = (all.len() as f64, families.len() as f64);
    if families.len() < 2 || all.len() <= families.len() || variance(&all)? == 0.0 {
        return None;
    }
    let grand = mean(&all)?;
    let sizes: Vec<f64> = families.iter().map(|family| family.as_ref().len() as f64).collect();
    let between: Vec<f64> = sizes.iter().zip(&means).map(|(n, m)| n * (m - grand).powi(2)).collect();
    let within: Vec<f64> = families
        .iter()
        .zip(&means)
        .flat_map(|(family, m)| family.as_ref().iter().map(move |d| (d - m).powi(2)))
        .collect();
    let between = sum(&between) / (groups - 1.0);
    let within = sum(&within) / (n - groups);
    let typical = (n - sizes.iter().map(|s| s * s).sum::<f64>() / n) / (groups - 1.0);
    Some((between - within) / (between + (typical - 1.0) * within))
}
