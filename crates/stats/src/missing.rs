use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::moments::sign;
use crate::score::{Score, TaskPair, differences};

/// One task's planned attempts in both arms; `None` is a trial that infrastructure lost for good.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskTrials {
    /// Scores of the baseline arm, one per planned attempt, each in [0, 1].
    pub baseline: Vec<Option<f64>>,
    /// Scores of the other arm.
    pub other: Vec<Option<f64>>,
}

/// What to put in place of a missing trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingRule {
    /// Failed in both arms; the plan is the denominator. The headline.
    IntentionToTreat,
    /// Left out of the denominator too.
    AvailableCase,
    /// Passed in the baseline, failed in the other arm: no possible truth has a smaller gap.
    ManskiLower,
    /// Failed in the baseline, passed in the other arm: no possible truth has a larger gap.
    ManskiUpper,
}

impl MissingRule {
    /// All four, in the order of [`MissingLines`].
    pub const ALL: [MissingRule; 4] = [
        MissingRule::IntentionToTreat,
        MissingRule::AvailableCase,
        MissingRule::ManskiLower,
        MissingRule::ManskiUpper,
    ];

    fn fill(self, trials: &[Option<f64>], lower_bound: f64) -> Option<Score> {
        let in_place = match self {
            MissingRule::IntentionToTreat => Some(0.0),
            MissingRule::AvailableCase => None,
            MissingRule::ManskiLower => Some(lower_bound),
            MissingRule::ManskiUpper => Some(1.0 - lower_bound),
        };
        Score::from_values(&trials.iter().filter_map(|trial| trial.or(in_place)).collect::<Vec<f64>>())
    }
}

impl TaskTrials {
    /// The task under `rule`; `None` when an arm has no attempt left (or none was planned, or a score is
    /// outside [0, 1]).
    pub fn pair(&self, rule: MissingRule) -> Option<TaskPair> {
        Some(TaskPair { baseline: rule.fill(&self.baseline, 1.0)?, other: rule.fill(&self.other, 0.0)? })
    }
}

/// When a missing rate forbids a headline; the values belong to the plan's lock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MissingGate {
    /// Largest share of missing trials in either arm.
    pub max_rate: f64,
    /// Largest difference of the two shares.
    pub max_difference: f64,
}

impl MissingGate {
    /// What docs/methodology.md proposes: 2 % and 1 percentage point.
    pub const PROPOSED: MissingGate = MissingGate { max_rate: 0.02, max_difference: 0.01 };
}

/// The micro gap under every treatment of missing trials, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MissingLines {
    /// Missing as failed.
    pub intention_to_treat: Gap,
    /// Missing left out; `None` when no task has attempts in both arms.
    pub available_case: Option<Gap>,
    /// Tasks the available-case line had to drop.
    pub dropped_tasks: usize,
    /// Lower Manski bound.
    pub manski_lower: Gap,
    /// Upper Manski bound.
    pub manski_upper: Gap,
    /// Share of planned trials missing in the baseline arm.
    pub missing_rate_baseline: f64,
    /// The same in the other arm.
    pub missing_rate_other: f64,
    /// `FRAGILE`: the four gaps do not agree in sign.
    pub fragile: bool,
    /// `GATE_FAIL`: too much is missing, or too unequally, for a headline.
    pub gate_fail: bool,
}

/// The four lines for `tasks`; `None` without tasks or when a planned task has no attempt planned in an arm.
pub fn missing_lines(tasks: &[TaskTrials], gate: MissingGate, level: Level) -> Option<MissingLines> {
    let under = |rule| -> Vec<TaskPair> { tasks.iter().filter_map(|task| task.pair(rule)).collect() };
    let full = |rule| {
        let pairs = under(rule);
        if pairs.len() == tasks.len() { micro_gap(&differences(&pairs), level) } else { None }
    };
    let intention_to_treat = full(MissingRule::IntentionToTreat)?;
    let (manski_lower, manski_upper) = (full(MissingRule::ManskiLower)?, full(MissingRule::ManskiUpper)?);
    let available = under(MissingRule::AvailableCase);
    let available_case = micro_gap(&differences(&available), level);
    let missing_rate_baseline = missing_rate(tasks.iter().map(|task| task.baseline.as_slice()))?;
    let missing_rate_other = missing_rate(tasks.iter().map(|task| task.other.as_slice()))?;
    let estimates = [Some(intention_to_treat), available_case, Some(manski_lower), Some(manski_upper)];
    Some(MissingLines {
        intention_to_treat,
        available_case,
        dropped_tasks: tasks.len() - available.len(),
        manski_lower,
        manski_upper,
        missing_rate_baseline,
        missing_rate_other,
        fragile: is_fragile(&estimates.into_iter().flatten().map(|gap| gap.estimate).collect::<Vec<f64>>()),
        gate_fail: gate.fails(missing_rate_baseline, missing_rate_other),
    })
}

impl MissingGate {
    /// Whether these missing rates forbid a headline.
    pub fn fails(&self, baseline: f64, other: f64) -> bool {
        // A rate that sits on the limit passes, however the division that made it was rounded.
        let slack = 1e-12;
        baseline.max(other) > self.max_rate + slack || (baseline - other).abs() > self.max_difference + slack
    }
}

/// `FRAGILE`: whether `gaps`, one per treatment of missing trials, differ in sign; zero is a sign of its own.
pub fn is_fragile(gaps: &[f64]) -> bool {
    gaps.windows(2).any(|pair| sign(pair[0]) != sign(pair[1]))
}

/// Share of trials that are missing; `None` without trials.
pub fn missing_rate<'a>(arm: impl Iterator<Item = &'a [Option<f64>]>) -> Option<f64> {
    let (missing, planned) = arm.fold((0, 0), |(missing, planned), trials| {
        (missing + trials.iter().filter(|trial| trial.is_none()).count(), planned + trials.len())
    });
    (planned > 0).then(|| missing as f64 / planned as f64)
}

/// Counts the tasks with any missing trial by arm, for McNemar's test of whether an arm loses more.
pub fn missing_discordance(tasks: &[TaskTrials]) -> crate::mcnemar::Discordance {
    let any = |trials: &[Option<f64>]| trials.iter().any(Option::is_none);
    let only = |this: fn(&TaskTrials) -> &[Option<f64>], that: fn(&TaskTrials) -> &[Option<f64>]| {
        tasks.iter().filter(|task| any(this(task)) && !any(that(task))).count() as u64
    };
    crate::mcnemar::Discordance {
        baseline_only: only(|task| &task.baseline, |task| &task.other),
        other_only: only(|task| &task.other, |task| &task.baseline),
        tasks: tasks.len() as u64,
    }
}
