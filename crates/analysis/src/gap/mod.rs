//! One arm against the baseline, for one model.

mod cost;
mod differences;
mod flags;
mod hacks;

use std::collections::BTreeSet;

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::Level;

pub use cost::Trade;
pub(crate) use differences::Differences;
pub use hacks::Hacks;
pub(crate) use hacks::Ways;

use vocabulary::{Arm, Flag, FlagName};

use crate::{
    ArmSummary, Estimate, Row, Scores, Thresholds,
    estimate::{adjusted, simultaneous},
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
    /// The gap that was planted, where the model is simulated: its skill in the arm minus that in the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planted: Option<f64>,
    /// Tasks compared: the denominator.
    pub tasks: usize,
    /// Families they are in.
    pub families: usize,
    /// Attempts per task and arm.
    pub attempts: u32,
    /// The gap: mean of task differences, families as clusters, at a level that holds for all gaps of the plan at
    /// once. A difference is stated exactly where its interval leaves out 0.
    pub estimate: Option<Estimate>,
    /// Its p, adjusted for the number of gaps (Bonferroni).
    pub p_adjusted: Option<f64>,
    /// How many gaps of the plan the level holds for at once.
    pub at_once: usize,
    /// What the numbers allow to be said.
    pub verdict: Verdict,
    /// Whether the arms are proved to be as good as equal (TOST).
    pub equivalence: Option<Equivalence>,
    /// Not the headline: what other ways to look at the same trials give.
    pub appendix: Appendix,
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
    /// What hacks do to it; `None` where neither arm has one above a lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hacks: Option<Hacks>,
    /// Flags that forbid a statement: of the run, of either arm, or of the gap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_by: Vec<FlagName>,
    /// What it must be read with.
    pub flags: Vec<Flag>,
}

/// Checks that decide nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Appendix {
    /// The mean of family means, each at the same weight (t over families), alone at 95 %; `None` for one family.
    pub families_alike: Option<Estimate>,
    /// Exact test that flips the signs of clusters.
    pub sign_flip: Option<SignFlip>,
    /// Share of the variance of task differences that lies between families (one-way ANOVA).
    pub icc: Option<f64>,
    /// Interval by Bonett and Price, for one attempt a task that passes or fails; it knows no families.
    pub bonett_price: Option<Range>,
}

/// The paired randomisation test over clusters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignFlip {
    /// Two-sided p.
    pub p: f64,
    /// The smallest p that so many clusters can reach.
    pub smallest: f64,
    /// Whether all sign patterns were counted, or some drawn.
    pub exact: bool,
}

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Two one-sided tests, each at the α of the gap's level: only they may say that there is no gap worth speaking of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Equivalence {
    /// Gaps inside ± this do not matter.
    pub margin: f64,
    /// Level of the interval below, 1 − 2α: 0.90 for one gap.
    pub level: f64,
    /// Lower end of the interval that must lie inside the margin.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// The larger p of the two tests.
    pub p: f64,
    /// Whether the interval lies inside the margin.
    pub equivalent: bool,
}

/// What missing trials could mean (docs/methodology.md, Missing trials).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// Trials of both arms without a score.
    pub trials: usize,
    /// Whether their scores could decide what is stated.
    pub decides: bool,
    /// The gap with missing trials left out.
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

/// What the plan says was planted between an arm and the baseline.
fn planted(plan: &Plan, model: &str, arm: &Arm) -> Option<f64> {
    let skills = plan.planted.get(model)?;
    Some(skills.get(&arm.to_string())? - skills.get(&plan.sweep.baseline.to_string())?)
}

/// Whether the task's processes had other limits in an arm than in the baseline.
pub(crate) fn unequal_limits(plan: &Plan, rows: &[Row], model: &str, arm: &Arm) -> Option<FlagName> {
    flags::unequal_limits(plan, rows, model, arm).map(|flag| flag.name)
}

/// Models whose baseline differs from itself, run a second time.
pub(crate) fn controls_failed(plan: &Plan, scores: &Scores<'_>) -> Vec<String> {
    let again: Vec<&Arm> = plan.sweep.arms.iter().filter(|arm| arm.again).collect();
    if again.is_empty() {
        return Vec::new();
    }
    let thresholds = Thresholds::of(plan);
    let level = simultaneous(thresholds.level, controls(plan));
    let fails = |model: &String, arm: &Arm| {
        let found = Differences::new(plan, scores, model, arm, &thresholds).inference;
        found.is_some_and(|found| Estimate::of(&found, level, &thresholds).leaves_out_zero())
    };
    let models = plan.sweep.models.iter();
    models.filter(|model| again.iter().any(|arm| fails(model, arm))).cloned().collect()
}

/// The gaps of a plan that are stated at once: models × arms, without the baseline and its control.
pub(crate) fn at_once(plan: &Plan) -> usize {
    let arms = plan.sweep.arms.iter().filter(|arm| !arm.again && **arm != plan.sweep.baseline).count();
    plan.sweep.models.len() * arms
}

/// The controls of a plan.
fn controls(plan: &Plan) -> usize {
    plan.sweep.models.len() * plan.sweep.arms.iter().filter(|arm| arm.again).count()
}

/// The ends of the interval of a model's gap in an arm, where something is stated of it.
pub(crate) fn stated(gaps: &[GapSummary], model: &str, arm: &Arm) -> Option<(f64, f64)> {
    let gap = gaps.iter().find(|gap| gap.model == model && gap.arm == arm.to_string())?;
    let estimate = gap.estimate.filter(|_| gap.verdict.is_statement())?;
    estimate.lower.zip(estimate.upper)
}

pub(crate) fn compare(
    plan: &Plan,
    rows: &[Row],
    (scores, ways): (&Scores<'_>, Option<&Ways<'_>>),
    model: &str,
    arm: &Arm,
    thresholds: &Thresholds,
) -> GapSummary {
    let at_once = if arm.again { controls(plan) } else { at_once(plan) };
    let level = simultaneous(thresholds.level, at_once);
    let found = Differences::new(plan, scores, model, arm, thresholds);
    let estimate = found.inference.as_ref().map(|inference| Estimate::of(inference, level, thresholds));
    let paired = found.attempts();

    let hacks = ways.and_then(|ways| ways.of_gap(plan, scores, &found, (model, arm), (level, thresholds)));

    let mut flags = flags::statistical(&found, estimate, thresholds);
    flags.extend(hacks::driven(estimate, hacks.as_ref()));
    flags.extend(flags::unequal_stop(plan, rows, model, arm, thresholds));
    flags.extend(flags::unequal_limits(plan, rows, model, arm));
    flags.sort();

    GapSummary {
        model: model.to_owned(),
        arm: arm.to_string(),
        baseline: plan.sweep.baseline.to_string(),
        simulated: plan.simulated.iter().any(|id| id == model),
        planted: planted(plan, model, arm),
        tasks: found.trials().count(),
        families: found.families.len(),
        attempts: plan.sweep.attempts,
        p_adjusted: adjusted(estimate.and_then(|estimate| estimate.p), at_once),
        equivalence: equivalence(&found, level, thresholds)
            .filter(|_| estimate.is_some_and(|e| e.p.is_some())),
        estimate,
        at_once,
        verdict: Verdict::NoTask,
        appendix: found.appendix(plan.sweep.seed, thresholds),
        cost: cost::trade(plan, rows, scores, model, arm),
        better: found.count(|difference| difference > 0.0),
        worse: found.count(|difference| difference < 0.0),
        same: found.count(|difference| difference == 0.0),
        agreeing_trials: paired.iter().filter(|(baseline, other)| baseline == other).count(),
        paired_trials: paired.len(),
        missing: found.missing(level, thresholds),
        hacks,
        forbidden_by: Vec::new(),
        flags,
    }
}

fn equivalence(found: &Differences<'_>, level: Level, thresholds: &Thresholds) -> Option<Equivalence> {
    let test = found.inference.as_ref()?.equivalence(thresholds.margin, level);
    Some(Equivalence {
        margin: test.margin,
        level: test.interval.level.get(),
        lower: test.interval.lower,
        upper: test.interval.upper,
        p: test.p_value,
        equivalent: test.equivalent,
    })
}

/// Says what each gap allows to be said.
///
/// Where a model's control shows a difference, the run cannot be trusted with that model, and nothing is said.
pub(crate) fn conclude(
    gaps: &mut [GapSummary],
    controls: &mut [GapSummary],
    arms: &[ArmSummary],
    run: &[Flag],
    whole: bool,
) {
    for gap in gaps.iter_mut().chain(controls.iter_mut()) {
        let is_about = |arm: &ArmSummary, flag: &Flag| {
            let either = arm.arm == gap.arm || arm.arm == gap.baseline;
            (arm.model == gap.model && either) || verdict::is_of_the_run(flag.name)
        };
        let of_arms = arms.iter().flat_map(|arm| arm.flags.iter().filter(|flag| is_about(arm, flag)));
        let names = run.iter().chain(of_arms).chain(&gap.flags).map(|flag| flag.name);
        let forbidden: BTreeSet<FlagName> = names.filter(|name| verdict::forbids(*name)).collect();
        gap.forbidden_by = forbidden.into_iter().collect();
        // It tells numbers of a gap, of which none is to be stated then.
        if !gap.forbidden_by.is_empty() {
            gap.flags.retain(|flag| flag.name != FlagName::HackDriven);
        }
        gap.verdict = Verdict::of(gap, whole);
    }
    for control in controls {
        if !verdict::control_fails(control) {
            continue;
        }
        control.verdict = Verdict::ControlFails;
        for gap in gaps.iter_mut().filter(|gap| gap.model == control.model) {
            gap.flags.push(Flag::new(
                FlagName::ControlFail,
                "the run tells the baseline from itself: no headline",
            ));
            gap.flags.sort();
            if gap.verdict.is_statement() {
                gap.verdict = Verdict::ControlFails;
            }
        }
    }
}
