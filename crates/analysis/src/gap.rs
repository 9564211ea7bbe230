//! One arm against the baseline, for one model.

use std::collections::BTreeMap;

use ledger::{Plan, outcome::Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::Arm;
use stats::{Gap, MissingRule, TaskPair, TaskTrials};

use crate::{Flag, Row, Thresholds, arm};

/// A gap with everything that must stand beside it. Differences are arm minus baseline, as shares of 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapSummary {
    /// Model id.
    pub model: String,
    /// The arm compared.
    pub arm: String,
    /// The baseline arm.
    pub baseline: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// Tasks compared: the denominator.
    pub tasks: usize,
    /// Families they are in.
    pub families: usize,
    /// Attempts per task and arm.
    pub attempts: u32,
    /// Mean of task differences (paired t over tasks).
    pub micro: Option<Estimate>,
    /// Mean of family means (t over families): the headline where there are six families or more.
    pub r#macro: Option<Estimate>,
    /// Micro gap with family-clustered uncertainty (CR1, t on effective degrees of freedom).
    pub clustered: Option<Estimate>,
    /// Exact two-sided sign-flip p over tasks.
    pub p: Option<f64>,
    /// The same over family means.
    pub p_macro: Option<f64>,
    /// The headline's p, adjusted by Holm over all gaps of the plan.
    pub p_holm: Option<f64>,
    /// Which of them is the headline: `macro` where there are six families or more, else `micro`.
    pub headline: Headline,
    /// Tasks in which the arm scored higher.
    pub better: usize,
    /// Tasks in which the arm scored lower.
    pub worse: usize,
    /// Tasks in which both scored the same.
    pub same: usize,
    /// Attempts in which both arms, paired by number, scored the same.
    pub agreeing_trials: usize,
    /// Attempts with a score in both arms.
    pub paired_trials: usize,
    /// The gap under other rules for missing trials.
    pub missing: Option<Missing>,
    /// What it must be read with.
    pub flags: Vec<Flag>,
}

/// Which estimate a gap is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Headline {
    /// Families are a sample, and weigh the same.
    Macro,
    /// Tasks weigh the same.
    Micro,
}

/// Fewest families that can stand for more than themselves.
const FAMILIES: usize = 6;

impl GapSummary {
    /// The headline's estimate and its exact p.
    pub fn headline(&self) -> (Option<Estimate>, Option<f64>) {
        match self.headline {
            Headline::Macro => (self.r#macro, self.p_macro),
            Headline::Micro => (self.micro, self.p),
        }
    }
}

/// A difference, its uncertainty, and the smallest difference this run could have seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The difference.
    pub estimate: f64,
    /// Standard error; 0 when all units agree, `None` with one unit.
    pub standard_error: Option<f64>,
    /// Degrees of freedom.
    pub df: Option<f64>,
    /// Lower end of the 95 % interval; `None` when there is no spread to take it from.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Smallest difference found with 80 % power at this spread; `None` without a spread.
    pub smallest_detectable: Option<f64>,
}

/// The gap under other rules for missing trials (docs/methodology.md, Missing trials).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// Missing trials left out.
    pub available_case: Option<f64>,
    /// No possible truth has a smaller gap.
    pub manski_lower: f64,
    /// No possible truth has a larger gap.
    pub manski_upper: f64,
    /// Share of the baseline's planned trials that is missing.
    pub rate_baseline: f64,
    /// Share of the arm's planned trials that is missing.
    pub rate_arm: f64,
}

impl Estimate {
    fn of(gap: &Gap, thresholds: &Thresholds) -> Self {
        let interval = gap.interval();
        Self {
            estimate: gap.estimate,
            standard_error: gap.standard_error(),
            df: gap.student().map(|student| student.df),
            lower: interval.map(|interval| interval.lower),
            upper: interval.map(|interval| interval.upper),
            smallest_detectable: gap.mde(thresholds.level, thresholds.power),
        }
    }
}

/// Scores of one model in one arm by task, one entry per planned attempt. Void tasks are left out for every arm.
pub(crate) fn by_task<'a>(rows: &'a [Row], model: &str, arm: &Arm) -> BTreeMap<&'a str, Vec<Option<f64>>> {
    let void = |task: &str| {
        rows.iter().any(|row| {
            row.planned.task == task
                && row.end.as_ref().is_some_and(|end| end.outcome == Outcome::TaskInvalid)
        })
    };
    let mut tasks: BTreeMap<&str, Vec<(u32, Option<f64>)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.planned.model == model && row.planned.arm == *arm) {
        tasks.entry(&row.planned.task).or_default().push((row.planned.attempt, row.score()));
    }
    tasks.retain(|task, _| !void(task));
    tasks
        .into_iter()
        .map(|(task, mut scores)| {
            scores.sort_by_key(|(attempt, _)| *attempt);
            (task, scores.into_iter().map(|(_, score)| score).collect())
        })
        .collect()
}

pub(crate) fn compare(
    plan: &Plan,
    rows: &[Row],
    model: &str,
    arm: &Arm,
    thresholds: &Thresholds,
) -> GapSummary {
    let baseline = by_task(rows, model, &plan.sweep.baseline);
    let other = by_task(rows, model, arm);
    let tasks: Vec<(&str, TaskTrials)> = baseline
        .iter()
        .filter_map(|(task, scores)| {
            other
                .get(task)
                .map(|other| (*task, TaskTrials { baseline: scores.clone(), other: other.clone() }))
        })
        .collect();
    let trials: Vec<TaskTrials> = tasks.iter().map(|(_, trials)| trials.clone()).collect();
    let pairs: Vec<TaskPair> =
        trials.iter().filter_map(|task| task.pair(MissingRule::IntentionToTreat)).collect();
    let differences = stats::differences(&pairs);
    let mut families: BTreeMap<&str, Vec<TaskPair>> = BTreeMap::new();
    for (task, trials) in &tasks {
        if let Some(pair) = trials.pair(MissingRule::IntentionToTreat) {
            families.entry(plan.families.get(*task).map_or("", String::as_str)).or_default().push(pair);
        }
    }
    let family_differences: Vec<Vec<f64>> =
        families.values().map(|pairs| stats::differences(pairs)).collect();
    let family_pairs: Vec<Vec<TaskPair>> = families.values().cloned().collect();

    let micro = stats::micro_gap(&differences, thresholds.level);
    let by_family = stats::macro_gap(&family_differences, thresholds.level);
    let clustered = stats::clustered_gap(&family_differences, thresholds.level);
    let p = (!pairs.is_empty()).then(|| stats::sign_flip_tasks(&pairs, plan.sweep.seed).p_two_sided);
    let p_macro = stats::sign_flip_families(&family_pairs, plan.sweep.seed).map(|test| test.p_two_sided);
    let lines = stats::missing_lines(&trials, thresholds.gate, thresholds.level);
    let paired: Vec<(f64, f64)> = trials
        .iter()
        .flat_map(|task| task.baseline.iter().zip(&task.other))
        .filter_map(|(baseline, other)| Some(((*baseline)?, (*other)?)))
        .collect();

    let mut flags = Vec::new();
    if let Some(gap) = &micro {
        if gap.is_degenerate() {
            flags.push(Flag::new(
                "DEGENERATE",
                match stats::degenerate_bound(&differences, thresholds.level) {
                    Some(bound) => format!(
                        "all {} task differences are equal: no interval; the arms differ in at most {:.0} % of such tasks",
                        gap.units,
                        bound.upper * 100.0
                    ),
                    None => "all task differences are equal: no interval".to_owned(),
                },
            ));
        }
        if let Some(p) = p
            && let Some(mde) = gap.mde(thresholds.level, thresholds.power)
            && gap.is_underpowered(p, thresholds.level, thresholds.power)
        {
            flags.push(Flag::new(
                "UNDERPOWERED",
                format!("this run can see differences of {:.1} pp and more only", mde * 100.0),
            ));
        }
    }
    if let Some(lines) = &lines {
        if lines.gate_fail {
            flags.push(Flag::new(
                "GATE_FAIL",
                format!(
                    "missing trials: {:.1} % in the arm, {:.1} % in the baseline: no headline",
                    lines.missing_rate_other * 100.0,
                    lines.missing_rate_baseline * 100.0
                ),
            ));
        }
        if lines.fragile {
            flags.push(Flag::new(
                "FRAGILE",
                "the sign of the gap depends on what missing trials would have been",
            ));
        }
    }
    if clustered.as_ref().is_some_and(|clustered| clustered.is_clustered(thresholds.icc)) {
        flags.push(Flag::new(
            "CLUSTERED",
            "tasks of a family are alike: read the macro or the clustered interval",
        ));
    }
    let macro_error = by_family.as_ref().and_then(Gap::standard_error);
    if let Some(weighting) =
        stats::weighting(&family_differences, macro_error, stats::WeightingLimits::PROPOSED)
    {
        let numbers = format!(
            "micro {:+.1} pp, macro {:+.1} pp",
            weighting.micro_estimate * 100.0,
            weighting.macro_estimate * 100.0
        );
        if weighting.sign_disagree {
            flags.push(Flag::new("SIGN_DISAGREE", numbers.clone()));
        }
        if weighting.magnitude_disagree {
            flags.push(Flag::new("MAGNITUDE_DISAGREE", numbers));
        }
        if let Some(family) = weighting.dominant_family.and_then(|place| families.keys().nth(place)) {
            flags.push(Flag::new(
                "DOMINANT_FAMILY",
                format!("more than half of the tasks are of family `{family}`"),
            ));
        }
        if weighting.leave_one_family_out_flip {
            flags.push(Flag::new(
                "LEAVE_ONE_FAMILY_OUT_FLIP",
                "without one of the families the sign is another",
            ));
        }
    }
    flags.extend(unequal_stop(plan, rows, model, arm, thresholds));
    flags.extend(unequal_limits(plan, rows, model, arm));
    flags.sort();

    let same = differences.iter().filter(|difference| **difference == 0.0).count();
    GapSummary {
        model: model.to_owned(),
        arm: arm.to_string(),
        baseline: plan.sweep.baseline.to_string(),
        simulated: plan.simulated.iter().any(|id| id == model),
        tasks: pairs.len(),
        families: families.len(),
        attempts: plan.sweep.attempts,
        micro: micro.as_ref().map(|gap| Estimate::of(gap, thresholds)),
        r#macro: by_family.as_ref().map(|gap| Estimate::of(gap, thresholds)),
        clustered: clustered.as_ref().map(|clustered| Estimate::of(&clustered.gap, thresholds)),
        p,
        p_macro,
        p_holm: None,
        headline: if families.len() >= FAMILIES { Headline::Macro } else { Headline::Micro },
        better: differences.iter().filter(|difference| **difference > 0.0).count(),
        worse: differences.iter().filter(|difference| **difference < 0.0).count(),
        same,
        agreeing_trials: paired.iter().filter(|(baseline, other)| baseline == other).count(),
        paired_trials: paired.len(),
        missing: lines.map(|lines| Missing {
            available_case: lines.available_case.map(|gap| gap.estimate),
            manski_lower: lines.manski_lower.estimate,
            manski_upper: lines.manski_upper.estimate,
            rate_baseline: lines.missing_rate_baseline,
            rate_arm: lines.missing_rate_other,
        }),
        flags,
    }
}

/// Adjusts the p-values for how many gaps the plan holds.
pub(crate) fn adjust(gaps: &mut [GapSummary]) {
    let raw: Vec<Option<f64>> = gaps.iter().map(|gap| gap.headline().1).collect();
    for (gap, adjusted) in gaps.iter_mut().zip(stats::holm(&raw)) {
        gap.p_holm = Some(adjusted);
    }
}

/// Unspent budget must not differ between arms, among trials that ended in `BUDGET` (docs/methodology.md, Budget).
fn unequal_stop(plan: &Plan, rows: &[Row], model: &str, arm: &Arm, thresholds: &Thresholds) -> Option<Flag> {
    let unspent = |arm: &Arm| {
        arm::mean(
            arm::of(rows, model, arm)
                .filter_map(|row| row.end.as_ref())
                .filter(|end| end.outcome == Outcome::Budget)
                .map(|end| end.unspent),
        )
    };
    let (baseline, other) = (unspent(&plan.sweep.baseline)?, unspent(arm)?);
    let budget = plan.sweep.budget.tokens;
    ((other - baseline).abs() > thresholds.unequal_stop * budget).then(|| {
        Flag::new(
            "UNEQUAL_STOP",
            format!(
                "unspent when the budget stopped them: {:.1} % in the arm, {:.1} % in the baseline",
                other / budget * 100.0,
                baseline / budget * 100.0
            ),
        )
    })
}

/// Limits given to the task's processes must be the same in both arms, trial by trial.
fn unequal_limits(plan: &Plan, rows: &[Row], model: &str, arm: &Arm) -> Option<Flag> {
    let limits = |arm: &Arm| -> BTreeMap<(String, u32), BTreeMap<String, f64>> {
        arm::of(rows, model, arm)
            .filter_map(|row| row.end.as_ref().map(|end| (row, end)))
            .map(|(row, end)| {
                let given = end.resources.iter().filter(|(name, _)| name.starts_with("limit_"));
                (
                    (row.planned.task.clone(), row.planned.attempt),
                    given.map(|(name, value)| (name.clone(), *value)).collect(),
                )
            })
            .collect()
    };
    let baseline = limits(&plan.sweep.baseline);
    limits(arm).into_iter().find_map(|(key, given)| {
        let (name, value, there) = given.into_iter().find_map(|(name, value)| {
            let there = *baseline.get(&key)?.get(&name)?;
            (there != value).then_some((name, value, there))
        })?;
        Some(Flag::new(
            "ARM_DIFFERENCE",
            format!("{name} on {} attempt {}: {value} in the arm, {there} in the baseline", key.0, key.1),
        ))
    })
}
