//! Does a model do worse on tasks it cannot have seen than their difficulty explains?

use serde::{Deserialize, Serialize};

use crate::gap::{Gap, Spread, Student};
use crate::interval::Level;
use crate::moments::{mean, variance};

/// One task: what the model under test scored, and what reference models did.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferencedTask {
    /// Mean score of the model under test.
    pub model: f64,
    /// Mean score of each reference model.
    pub references: Vec<f64>,
}

impl ReferencedTask {
    /// Model minus mean of the references; `None` without references or with a number that is not finite.
    pub fn advantage(&self) -> Option<f64> {
        let difference = self.model - mean(&self.references)?;
        difference.is_finite().then_some(difference)
    }
}

/// How much a model loses on fresh tasks beyond what reference models lose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FreshDrop {
    /// Mean advantage on old tasks minus that on fresh ones: the difference in differences. Positive when the model
    /// loses more than the references do.
    pub corrected: Gap,
    /// One-sided p of Welch's test that the true difference is above 0; `None` without a t inference.
    pub p_greater: Option<f64>,
    /// The model's own mean on old tasks minus that on fresh ones, which mixes in their difficulty.
    pub naive: f64,
}

/// Compares `old` tasks with `fresh` ones, difficulty held against reference models. Reference models must be the same
/// on all tasks, and clean on both kinds.
///
/// `None` without tasks of either kind, and when a task has no reference.
pub fn fresh_drop(old: &[ReferencedTask], fresh: &[ReferencedTask], level: Level) -> Option<FreshDrop> {
    let advantages =
        |tasks: &[ReferencedTask]| tasks.iter().map(ReferencedTask::advantage).collect::<Option<Vec<f64>>>();
    let own = |tasks: &[ReferencedTask]| mean(&tasks.iter().map(|task| task.model).collect::<Vec<f64>>());
    let corrected = welch_gap(&advantages(old)?, &advantages(fresh)?, level)?;
    Some(FreshDrop {
        corrected,
        p_greater: corrected.student().map(Student::p_greater),
        naive: own(old)? - own(fresh)?,
    })
}

/// The difference of two independent means, `first` minus `second`, with Welch's standard error √(s₁²/n₁ + s₂²/n₂) and
/// his degrees of freedom (Welch 1947).
///
/// Undefined spread when either has fewer than two values; `None` without values.
pub fn welch_gap(first: &[f64], second: &[f64], level: Level) -> Option<Gap> {
    let (estimate, units) = (mean(first)? - mean(second)?, first.len() + second.len());
    let part =
        |values: &[f64]| variance(values).map(|v| (v / values.len() as f64, values.len() as f64 - 1.0));
    let (Some((v, df_v)), Some((w, df_w))) = (part(first), part(second)) else {
        return Some(Gap { estimate, units, spread: Spread::Undefined });
    };
    let weighted = v * v / df_v + w * w / df_w;
    let df = if weighted > 0.0 { (v + w) * (v + w) / weighted } else { 0.0 };
    Some(Gap::from_error(estimate, (v + w).sqrt(), df, units, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(model: &[f64], reference: f64) -> Vec<ReferencedTask> {
        model
            .iter()
            .map(|score| ReferencedTask { model: *score, references: vec![reference, reference] })
            .collect()
    }

    #[test]
    fn what_references_lose_too_is_no_drop() {
        let drop =
            fresh_drop(&tasks(&[0.8, 0.9, 0.7], 0.6), &tasks(&[0.3, 0.4, 0.2], 0.1), Level::P95).unwrap();
        assert!(drop.corrected.estimate.abs() < 1e-12 && (drop.naive - 0.5).abs() < 1e-12);
        assert!((drop.p_greater.unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn too_little_is_undefined_and_no_spread_is_no_certainty() {
        let (one, three) = (tasks(&[1.0], 0.5), tasks(&[0.5, 0.4, 0.3], 0.2));
        assert_eq!(fresh_drop(&one, &three, Level::P95).unwrap().corrected.spread, Spread::Undefined);
        assert_eq!(fresh_drop(&[], &three, Level::P95), None);
        let flat = fresh_drop(&tasks(&[1.0; 4], 0.5), &tasks(&[0.2; 4], 0.2), Level::P95).unwrap();
        assert!(flat.corrected.is_degenerate() && flat.p_greater.is_none());
        let alone = ReferencedTask { model: 1.0, references: vec![] };
        assert_eq!(fresh_drop(&[alone], &three, Level::P95), None);
    }

    #[test]
    fn unequal_spreads_are_not_pooled() {
        let gap = welch_gap(&[0.0, 1.0, 0.0, 1.0], &[0.5; 50], Level::P95).unwrap();
        assert!((gap.student().unwrap().df - 3.0).abs() < 1e-9);
    }
}
