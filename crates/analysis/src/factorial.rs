//! How much of a gap is the harness's and how much the prompt's, where a sweep has all four arms.

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{Contrast, FourArms, Score};
use vocabulary::{Arm, HarnessName, Prompt};

use crate::{Estimate, Scores, Thresholds};

/// The gap of a harness with its own prompt over the bare loop with the generic one, split in two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Factorial {
    /// Model id.
    pub model: String,
    /// The harness.
    pub harness: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// Tasks with a score in all four arms.
    pub tasks: usize,
    /// T: the whole gap. T = S + P.
    pub total: Effect,
    /// S: what the harness adds, averaged over both prompts.
    pub harness_effect: Effect,
    /// P: what the prompt adds, averaged over bare loop and harness.
    pub prompt_effect: Effect,
    /// I: how much more the prompt adds under the harness than under the bare loop.
    pub interaction: Effect,
    /// Whether the whole gap shows, which its parts may only be read after.
    pub total_shows: bool,
    /// Largest share of planned trials that is missing in one of the four arms.
    pub missing_rate: f64,
    /// Whether too many are missing to state anything.
    pub withheld: bool,
}

/// A mean over tasks with its test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// The mean.
    pub estimate: Estimate,
    /// Exact two-sided sign-flip p over tasks.
    pub p: f64,
    /// Adjusted by Holm: the whole over all factorials, parts within one.
    pub p_holm: f64,
}

/// Every factorial of the plan.
pub(crate) fn all(plan: &Plan, scores: &Scores<'_>, whole: bool, thresholds: &Thresholds) -> Vec<Factorial> {
    let mut harnesses: Vec<&HarnessName> = Vec::new();
    for arm in &plan.sweep.arms {
        if !arm.harness.is_bare() && !harnesses.contains(&&arm.harness) {
            harnesses.push(&arm.harness);
        }
    }
    let mut found: Vec<Factorial> = plan
        .sweep
        .models
        .iter()
        .flat_map(|model| {
            harnesses.iter().filter_map(|harness| one(plan, scores, model, harness, thresholds))
        })
        .collect();
    let totals: Vec<Option<f64>> = found.iter().map(|factorial| Some(factorial.total.p)).collect();
    for (factorial, p) in found.iter_mut().zip(stats::holm(&totals)) {
        factorial.total.p_holm = p;
        factorial.total_shows = p <= thresholds.level.alpha();
        factorial.withheld = !whole || thresholds.gate.fails(factorial.missing_rate, 0.0);
    }
    found
}

fn one(
    plan: &Plan,
    scores: &Scores<'_>,
    model: &str,
    harness: &HarnessName,
    thresholds: &Thresholds,
) -> Option<Factorial> {
    let bare = HarnessName(HarnessName::BARE.into());
    let arm = |harness: &HarnessName, prompt| Arm { harness: harness.clone(), prompt, again: false };
    let arms = [
        arm(&bare, Prompt::Generic),
        arm(&bare, Prompt::Specific),
        arm(harness, Prompt::Generic),
        arm(harness, Prompt::Specific),
    ];
    if !arms.iter().all(|arm| plan.sweep.arms.contains(arm)) {
        return None;
    }
    let cells = arms.each_ref().map(|arm| scores.of(model, arm));
    // A task without any score in one of the arms tells nothing about the other three here.
    let score = |cell: usize, task: &str| -> Option<Score> {
        let attempts = cells[cell].get(task).filter(|attempts| attempts.iter().any(Option::is_some))?;
        Score::from_values(&attempts.iter().map(|score| score.unwrap_or(0.0)).collect::<Vec<f64>>())
    };
    let tasks: Vec<FourArms> = cells[0]
        .keys()
        .filter_map(|task| {
            Some(FourArms {
                bare_generic: score(0, task)?,
                bare_specific: score(1, task)?,
                harness_generic: score(2, task)?,
                harness_specific: score(3, task)?,
            })
        })
        .collect();
    let effect = |contrast| {
        let effect = stats::factorial_effect(&tasks, contrast, thresholds.level, plan.sweep.seed)?;
        let p = effect.sign_flip.p_two_sided;
        Some(Effect { estimate: Estimate::of(&effect.gap, thresholds), p, p_holm: p })
    };
    let mut parts = [effect(Contrast::Harness)?, effect(Contrast::Prompt)?, effect(Contrast::Interaction)?];
    let adjusted = stats::holm(&parts.map(|part| Some(part.p)));
    for (part, p) in parts.iter_mut().zip(adjusted) {
        part.p_holm = p;
    }
    let [harness_effect, prompt_effect, interaction] = parts;
    let missing = cells.iter().filter_map(|cell| stats::missing_rate(cell.values().map(Vec::as_slice)));
    Some(Factorial {
        model: model.to_owned(),
        harness: harness.0.clone(),
        simulated: plan.simulated.iter().any(|id| id == model),
        tasks: tasks.len(),
        total: effect(Contrast::Total)?,
        harness_effect,
        prompt_effect,
        interaction,
        total_shows: false,
        missing_rate: missing.fold(0.0, f64::max),
        withheld: false,
    })
}
