//! The differences of one arm's tasks from the baseline's, and what follows from them.

use std::collections::BTreeMap;

use ledger::Plan;
use stats::{Inference, Level, MissingLines, MissingRule, TaskPair, TaskTrials};
use vocabulary::Arm;

use super::{Appendix, Missing, Range, SignFlip};
use crate::{Estimate, Scores, Thresholds, scores::ByTask};

/// One arm against the baseline, task by task.
pub(crate) struct Differences<'a> {
    /// Planned attempts of each task, by family.
    pub(crate) families: BTreeMap<&'a str, Vec<TaskTrials>>,
    /// Differences of the same tasks, missing trials as 0.
    pub(crate) values: Vec<Vec<f64>>,
    /// What is said of them; `None` without tasks.
    pub(crate) inference: Option<Inference>,
    /// The mean under each rule for missing trials.
    pub(crate) lines: Option<MissingLines>,
}

impl<'a> Differences<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        scores: &Scores<'_>,
        model: &str,
        arm: &Arm,
        thresholds: &Thresholds,
    ) -> Self {
        Self::between(plan, (scores.of(model, &plan.sweep.baseline), scores.of(model, arm)), thresholds)
    }

    /// Between scores of the baseline and of the arm.
    pub(super) fn between(
        plan: &'a Plan,
        (baseline, other): (&ByTask<'_>, &ByTask<'_>),
        thresholds: &Thresholds,
    ) -> Self {
        let mut families: BTreeMap<&str, Vec<TaskTrials>> = BTreeMap::new();
        for (task, scores) in baseline {
            let Some(other) = other.get(task) else { continue };
            let trials = TaskTrials { baseline: scores.clone(), other: other.clone() };
            families.entry(plan.families.get(*task).map_or("", String::as_str)).or_default().push(trials);
        }
        let by_family: Vec<&Vec<TaskTrials>> = families.values().collect();
        let all: Vec<TaskTrials> = families.values().flatten().cloned().collect();
        Self {
            values: by_family.iter().map(|family| stats::differences(&pairs(family))).collect(),
            inference: Inference::of_trials(&by_family),
            lines: stats::missing_lines(&all, thresholds.gate, thresholds.level),
            families,
        }
    }

    /// Planned attempts of all tasks.
    pub(crate) fn trials(&self) -> impl Iterator<Item = &TaskTrials> {
        self.families.values().flatten()
    }

    /// Attempts scored in both arms, paired by number.
    pub(super) fn attempts(&self) -> Vec<(f64, f64)> {
        let both = self.trials().flat_map(|task| task.baseline.iter().zip(&task.other));
        both.filter_map(|(baseline, other)| Some(((*baseline)?, (*other)?))).collect()
    }

    pub(super) fn count(&self, which: impl Fn(f64) -> bool) -> usize {
        self.values.iter().flatten().filter(|difference| which(**difference)).count()
    }

    pub(super) fn missing(&self, level: Level, thresholds: &Thresholds) -> Option<Missing> {
        let (lines, inference) = (self.lines.as_ref()?, self.inference.as_ref()?);
        let stated = || {
            !inference.interval(level).contains(0.0)
                || inference.equivalence(thresholds.margin, level).equivalent
        };
        Some(Missing {
            trials: inference.missing,
            decides: inference.missing > 0 && !stated() && inference.could_state(thresholds.margin, level),
            available_case: lines.available_case.map(|gap| gap.estimate),
            manski_lower: lines.manski_lower.estimate,
            manski_upper: lines.manski_upper.estimate,
            rate_baseline: lines.missing_rate_baseline,
            rate_arm: lines.missing_rate_other,
        })
    }

    pub(super) fn appendix(&self, seed: u64, thresholds: &Thresholds) -> Appendix {
        let all = pairs(&self.trials().cloned().collect::<Vec<_>>());
        let means = stats::family_means(&self.values).filter(|means| means.len() > 1);
        let alike = means.and_then(|means| Inference::of_values(&[means], (-1.0, 1.0)));
        Appendix {
            families_alike: alike.map(|found| Estimate::of(&found, thresholds.level, thresholds)),
            sign_flip: self.sign_flip(seed),
            icc: stats::intraclass_correlation(&self.values),
            bonett_price: stats::Discordance::from_pairs(&all)
                .and_then(|counts| stats::bonett_price(counts, thresholds.level))
                .map(|interval| Range { lower: interval.lower, upper: interval.upper }),
        }
    }

    fn sign_flip(&self, seed: u64) -> Option<SignFlip> {
        let design = &self.inference.as_ref()?.design;
        let test = if design.clusters_are_families() {
            let totals: Vec<f64> = self.values.iter().map(|family| family.iter().sum()).collect();
            stats::sign_flip_values(&totals, seed)
        } else {
            stats::sign_flip_tasks(&pairs(self.families.values().next()?), seed)
        };
        let clusters = i32::try_from(design.clusters()).unwrap_or(i32::MAX);
        let (exact, smallest) = match test.method {
            stats::FlipMethod::Exact => (true, 2.0_f64.powi(1 - clusters)),
            stats::FlipMethod::Sampled { replicates, .. } => (false, 1.0 / f64::from(replicates + 1)),
        };
        Some(SignFlip { p: test.p_two_sided, smallest, exact })
    }
}

fn pairs(tasks: &[TaskTrials]) -> Vec<TaskPair> {
    tasks.iter().filter_map(|task| task.pair(MissingRule::IntentionToTreat)).collect()
}
