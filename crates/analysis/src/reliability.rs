//! What several attempts at a task say: pass@k and pass^k of each arm, tasks that flip by themselves, and tasks that an
//! arm flips.

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::Arm;

use crate::{Scores, Thresholds, estimate::by_family};

/// Attempts that are needed to see whether a task's outcome holds by itself.
const ENOUGH: usize = 2;

/// What the attempts of a run say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reliability {
    /// One per model and arm, in the plan's order; none before all planned trials have ended.
    pub passes: Vec<Passes>,
    /// Tasks whose attempts disagree within an arm, by model and task.
    pub flaky: Vec<Flaky>,
    /// Tasks on which an arm and the baseline disagree while the attempts of each agree, by model, arm and task.
    pub flipped: Vec<Flipped>,
}

/// pass@k and pass^k of one model in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passes {
    /// Model id.
    pub model: String,
    /// `harness/prompt`.
    pub arm: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// Tasks behind each number.
    pub tasks: usize,
    /// For each k from 1 to the planned attempts; none where a trial earned part of a score, or no task is valid.
    pub points: Vec<PassPoint>,
}

/// Both measures at one k.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassPoint {
    /// Attempts.
    pub k: u32,
    /// pass@k: the chance that at least one of k attempts at a task passes.
    pub any: Share,
    /// pass^k: the chance that all of k attempts at a task pass.
    pub all: Share,
}

/// A mean over tasks with its 95 % interval, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The mean.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// A task that is solved in some attempts of an arm and not in others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flaky {
    /// Model id.
    pub model: String,
    /// Task id.
    pub task: String,
    /// The arms in which its attempts disagree, in the plan's order.
    pub arms: Vec<Solved>,
}

/// How often an arm solved a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Solved {
    /// `harness/prompt`.
    pub arm: String,
    /// Attempts with the whole score.
    pub solved: usize,
    /// Attempts with a score.
    pub of: usize,
}

/// A task on which an arm differs from the baseline in every attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flipped {
    /// Model id.
    pub model: String,
    /// The arm, `harness/prompt`.
    pub arm: String,
    /// Task id.
    pub task: String,
    /// Whether the arm solves it, and the baseline does not; else the other way round.
    pub solved: bool,
}

/// Of every model. `whole`: whether all planned trials have ended.
pub(crate) fn all(plan: &Plan, scores: &Scores<'_>, whole: bool, thresholds: &Thresholds) -> Reliability {
    let mut found = Reliability::default();
    for model in &plan.sweep.models {
        let arms = &plan.sweep.arms;
        if whole {
            found.passes.extend(arms.iter().map(|arm| passes(plan, scores, model, arm, thresholds)));
        }
        found.flaky.extend(flaky(plan, scores, model));
        let others = arms.iter().filter(|arm| **arm != plan.sweep.baseline && !arm.again);
        found.flipped.extend(others.flat_map(|arm| flipped(plan, scores, model, arm)));
    }
    found
}

fn passes(plan: &Plan, scores: &Scores<'_>, model: &str, arm: &Arm, thresholds: &Thresholds) -> Passes {
    // A missing attempt has not passed, as in the score of an arm.
    let counts = |attempts: &Vec<Option<f64>>| {
        let values: Vec<f64> = attempts.iter().map(|score| score.unwrap_or(0.0)).collect();
        let score = stats::Score::from_values(&values)?;
        Some((score.passes()?, score.attempts()))
    };
    let tasks = scores.of(model, arm).iter();
    let counts: Vec<(&str, (u32, u32))> = tasks
        .map(|(task, attempts)| Some((*task, counts(attempts)?)))
        .collect::<Option<_>>()
        .unwrap_or_default();
    let trials = counts.iter().map(|(_, (_, attempts))| *attempts as usize).sum();
    let share = |measure: fn(u32, u32, u32) -> Option<f64>, k| {
        let each = counts
            .iter()
            .map(|(task, (passes, attempts))| Some((*task, measure(*passes, *attempts, k)?)))
            .collect::<Option<Vec<_>>>()?;
        let rate = stats::arm_rate(&by_family(plan, each), trials, thresholds.level)?;
        Some(Share { estimate: rate.estimate, lower: rate.interval.lower, upper: rate.interval.upper })
    };
    let point =
        |k| Some(PassPoint { k, any: share(stats::pass_at_k, k)?, all: share(stats::pass_hat_k, k)? });
    Passes {
        model: model.to_owned(),
        arm: arm.to_string(),
        simulated: plan.simulated.iter().any(|id| id == model),
        tasks: counts.len(),
        points: (1..=plan.sweep.attempts).map_while(point).collect(),
    }
}

/// Attempts that were solved, and those with a score.
fn solved(attempts: &[Option<f64>]) -> (usize, usize) {
    let scored = attempts.iter().flatten();
    (scored.clone().filter(|score| **score >= 1.0).count(), scored.count())
}

fn flaky(plan: &Plan, scores: &Scores<'_>, model: &str) -> Vec<Flaky> {
    let of_task = |task: &String| {
        let arms = plan.sweep.arms.iter().filter_map(|arm| {
            let (solved, of) = solved(scores.of(model, arm).get(task.as_str())?);
            (solved > 0 && solved < of).then(|| Solved { arm: arm.to_string(), solved, of })
        });
        let arms: Vec<Solved> = arms.collect();
        (!arms.is_empty()).then(|| Flaky { model: model.to_owned(), task: task.clone(), arms })
    };
    plan.tasks.keys().filter_map(of_task).collect()
}

fn flipped(plan: &Plan, scores: &Scores<'_>, model: &str, arm: &Arm) -> Vec<Flipped> {
    // Whether all attempts solve a task, or none does.
    let steady = |arm: &Arm, task: &str| match solved(scores.of(model, arm).get(task)?) {
        (_, of) if of < ENOUGH => None,
        (0, _) => Some(false),
        (solved, of) => (solved == of).then_some(true),
    };
    let of_task = |(task, _): (&&str, _)| {
        let (base, other) = (steady(&plan.sweep.baseline, task)?, steady(arm, task)?);
        let flipped = Flipped {
            model: model.to_owned(),
            arm: arm.to_string(),
            task: (*task).to_owned(),
            solved: other,
        };
        (base != other).then_some(flipped)
    };
    scores.of(model, arm).iter().filter_map(of_task).collect()
}
