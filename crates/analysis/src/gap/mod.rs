//! One arm against the baseline, for one model.

mod cost;
mod flags;

use std::collections::BTreeMap;

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{Gap, MissingLines, MissingRule, TaskPair, TaskTrials};

pub use cost::Trade;

use vocabulary::{Arm, Flag, FlagName};

use crate::{
    Row, Scores, Thresholds,
    verdict::{self, Verdict},
};

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
    /// What the numbers allow to be said.
    pub verdict: Verdict,
    /// The 90 % interval of the headline and whether it proves the arms to be as good as equal (TOST).
    pub equivalence: Option<Equivalence>,
    /// Interval of the micro gap by Bonett and Price, for one attempt a task that passes or fails.
    pub bonett_price: Option<Range>,
    /// Where no task differs: the largest share of such tasks in which the arms may differ.
    pub differ_at_most: Option<f64>,
    /// What the gap costs, where prices are known.
    pub cost: Option<Trade>,
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
pub(crate) const FAMILIES: usize = 6;

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

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Two one-sided tests at 5 %: only they may say that there is no gap worth speaking of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Equivalence {
    /// Gaps inside ± this do not matter.
    pub margin: f64,
    /// Lower end of the 90 % interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// The larger p of the two tests.
    pub p: f64,
    /// Whether the interval lies inside the margin.
    pub equivalent: bool,
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
    /// Whether there is an interval and 0 is not in it.
    pub fn leaves_out_zero(&self) -> bool {
        self.lower.is_some_and(|lower| lower > 0.0) || self.upper.is_some_and(|upper| upper < 0.0)
    }

    pub(crate) fn of(gap: &Gap, thresholds: &Thresholds) -> Self {
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

/// One arm against the baseline, task by task.
pub(crate) struct Differences<'a> {
    pairs: Vec<TaskPair>,
    trials: Vec<TaskTrials>,
    differences: Vec<f64>,
    families: BTreeMap<&'a str, Vec<TaskPair>>,
    family_differences: Vec<Vec<f64>>,
    micro: Option<Gap>,
    by_family: Option<Gap>,
    clustered: Option<stats::Clustered>,
    p: Option<f64>,
    lines: Option<MissingLines>,
}

impl<'a> Differences<'a> {
    fn new(plan: &'a Plan, scores: &Scores<'_>, model: &str, arm: &Arm, thresholds: &Thresholds) -> Self {
        let (baseline, other) = (scores.of(model, &plan.sweep.baseline), scores.of(model, arm));
        let mut trials = Vec::new();
        let mut families: BTreeMap<&str, Vec<TaskPair>> = BTreeMap::new();
        for (task, scores) in baseline {
            let Some(other) = other.get(task) else { continue };
            let both = TaskTrials { baseline: scores.clone(), other: other.clone() };
            if let Some(pair) = both.pair(MissingRule::IntentionToTreat) {
                families.entry(plan.families.get(*task).map_or("", String::as_str)).or_default().push(pair);
            }
            trials.push(both);
        }
        let pairs: Vec<TaskPair> =
            trials.iter().filter_map(|task| task.pair(MissingRule::IntentionToTreat)).collect();
        let differences = stats::differences(&pairs);
        let family_differences: Vec<Vec<f64>> =
            families.values().map(|pairs| stats::differences(pairs)).collect();
        let level = thresholds.level;
        Self {
            micro: stats::micro_gap(&differences, level),
            by_family: stats::macro_gap(&family_differences, level),
            clustered: stats::clustered_gap(&family_differences, level),
            p: (!pairs.is_empty()).then(|| stats::sign_flip_tasks(&pairs, plan.sweep.seed).p_two_sided),
            lines: stats::missing_lines(&trials, thresholds.gate, level),
            pairs,
            trials,
            differences,
            families,
            family_differences,
        }
    }

    /// Attempts scored in both arms, paired by number.
    fn attempts(&self) -> Vec<(f64, f64)> {
        let both = self.trials.iter().flat_map(|task| task.baseline.iter().zip(&task.other));
        both.filter_map(|(baseline, other)| Some(((*baseline)?, (*other)?))).collect()
    }

    fn count(&self, which: impl Fn(f64) -> bool) -> usize {
        self.differences.iter().filter(|difference| which(**difference)).count()
    }
}

pub(crate) fn compare(
    plan: &Plan,
    rows: &[Row],
    scores: &Scores<'_>,
    model: &str,
    arm: &Arm,
    thresholds: &Thresholds,
) -> GapSummary {
    let found = Differences::new(plan, scores, model, arm, thresholds);
    let family_pairs: Vec<Vec<TaskPair>> = found.families.values().cloned().collect();
    let p_macro = stats::sign_flip_families(&family_pairs, plan.sweep.seed).map(|test| test.p_two_sided);
    let headline = if found.families.len() >= FAMILIES { Headline::Macro } else { Headline::Micro };
    let headline_gap = match headline {
        Headline::Macro => &found.by_family,
        Headline::Micro => &found.micro,
    };
    let equivalence = headline_gap.as_ref().and_then(|gap| stats::equivalence(gap, thresholds.margin));
    let agree = found.micro.as_ref().is_some_and(|gap| gap.is_degenerate() && gap.estimate == 0.0);
    let paired = found.attempts();

    let mut flags = flags::statistical(&found, thresholds);
    flags.extend(flags::unequal_stop(plan, rows, model, arm, thresholds));
    flags.extend(flags::unequal_limits(plan, rows, model, arm));
    flags.sort();

    let estimate = |gap: &Option<Gap>| gap.as_ref().map(|gap| Estimate::of(gap, thresholds));
    GapSummary {
        model: model.to_owned(),
        arm: arm.to_string(),
        baseline: plan.sweep.baseline.to_string(),
        simulated: plan.simulated.iter().any(|id| id == model),
        tasks: found.pairs.len(),
        families: found.families.len(),
        attempts: plan.sweep.attempts,
        micro: estimate(&found.micro),
        r#macro: estimate(&found.by_family),
        clustered: found.clustered.as_ref().map(|clustered| Estimate::of(&clustered.gap, thresholds)),
        p: found.p,
        p_macro,
        p_holm: None,
        headline,
        verdict: Verdict::NoTask,
        equivalence: equivalence.map(|test| Equivalence {
            margin: test.margin,
            lower: test.interval.lower,
            upper: test.interval.upper,
            p: test.p_value,
            equivalent: test.equivalent,
        }),
        bonett_price: stats::Discordance::from_pairs(&found.pairs)
            .and_then(|counts| stats::bonett_price(counts, thresholds.level))
            .map(|interval| Range { lower: interval.lower, upper: interval.upper }),
        differ_at_most: agree
            .then(|| stats::degenerate_bound(&found.differences, thresholds.level))
            .flatten()
            .map(|bound| bound.upper),
        cost: cost::trade(plan, rows, scores, model, arm),
        better: found.count(|difference| difference > 0.0),
        worse: found.count(|difference| difference < 0.0),
        same: found.count(|difference| difference == 0.0),
        agreeing_trials: paired.iter().filter(|(baseline, other)| baseline == other).count(),
        paired_trials: paired.len(),
        missing: found.lines.as_ref().map(|lines| Missing {
            available_case: lines.available_case.map(|gap| gap.estimate),
            manski_lower: lines.manski_lower.estimate,
            manski_upper: lines.manski_upper.estimate,
            rate_baseline: lines.missing_rate_baseline,
            rate_arm: lines.missing_rate_other,
        }),
        flags,
    }
}

/// Adjusts the p-values for how many gaps the plan holds, and says what each gap allows to be said.
///
/// Where a model's control shows a difference, the run cannot be trusted with that model, and nothing is said.
pub(crate) fn conclude(
    gaps: &mut [GapSummary],
    controls: &mut [GapSummary],
    whole: bool,
    thresholds: &Thresholds,
) {
    let raw: Vec<Option<f64>> = gaps.iter().map(|gap| gap.headline().1).collect();
    for (gap, adjusted) in gaps.iter_mut().zip(stats::holm(&raw)) {
        gap.p_holm = Some(adjusted);
        gap.verdict = Verdict::of(gap, whole, thresholds);
    }
    for control in controls {
        control.verdict = Verdict::of(control, whole, thresholds);
        let fails = verdict::control_fails(control, thresholds.level.alpha());
        if !fails
            || !matches!(control.verdict, Verdict::NoDifference | Verdict::Equivalent | Verdict::NoSpread)
        {
            continue;
        }
        control.verdict = Verdict::ControlFails;
        for gap in gaps.iter_mut().filter(|gap| gap.model == control.model) {
            gap.flags.push(Flag::new(
                FlagName::ControlFail,
                "the run tells the baseline from itself: no headline",
            ));
            gap.flags.sort();
            if gap.verdict.is_statement() || gap.verdict == Verdict::NoSpread {
                gap.verdict = Verdict::ControlFails;
            }
        }
    }
}
