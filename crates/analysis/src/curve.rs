//! Score and gap as a function of the budget.

use std::collections::BTreeMap;

use ledger::{Outcome, OutcomeGroup, Plan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{BudgetGrid, EndedTrial, Inference, TrialEnd};

use vocabulary::{Arm, Flag, FlagName};

use crate::{
    Estimate, Row, Scores, Thresholds, arm,
    estimate::{by_family, simultaneous},
    gap::at_once,
};

/// Score and gap at each budget of a geometric grid that ends at the sweep's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curves {
    /// What a point is.
    pub kind: CurveKind,
    /// The budgets, in the meter's units, rising.
    pub budgets: Vec<f64>,
    /// One per model and arm.
    pub scores: Vec<ScoreCurve>,
    /// One per gap.
    pub gaps: Vec<GapCurve>,
}

/// What a point of a curve is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CurveKind {
    /// What would have been graded if the trial had been stopped there: verdicts on the workspaces captured at the
    /// sweep's points. An agent that was told of its budget paces itself by the whole of it.
    Snapshots,
    /// Share of planned trials that had solved their task and handed it in by themselves, having spent at most so
    /// much. What was solved and not handed in yet is not known without snapshots, and counts as not solved.
    HandedIn,
}

/// How one model's score in one arm rises with the budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreCurve {
    /// Model id.
    pub model: String,
    /// `harness/prompt`.
    pub arm: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// The score at each budget: mean over tasks.
    pub points: Vec<Estimate>,
    /// Planned trials without a verdict at each budget; the score counts them as 0.
    pub missing: Vec<usize>,
    /// Share solved and handed in by each budget, by Aalen and Johansen: trials that a limit or a failure of ours cut off are censored there, those that
    /// gave up are not.
    pub incidence: Vec<Option<f64>>,
    /// Area under the curve on the logarithm of the budget, divided by its range: a mean score over budgets.
    pub area: Option<f64>,
    /// Whether the last doubling of the budget still raised the score by more than its standard error.
    pub rising: Option<bool>,
}

/// How a gap changes with the budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapCurve {
    /// Model id.
    pub model: String,
    /// The arm compared with the baseline.
    pub arm: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// The gap at each budget, each interval at the level of the gaps and for itself along the curve.
    pub points: Vec<Estimate>,
    /// The gap in area.
    pub area: Option<Estimate>,
    /// Smallest share of the budget at which the arm scores what the baseline scores at the whole of it; `None` where
    /// it never does.
    pub matching_budget: Option<f64>,
}

/// The curves of a run whose trials have all ended.
pub(crate) fn all(plan: &Plan, rows: &[Row], scores: &Scores<'_>, thresholds: &Thresholds) -> Option<Curves> {
    let budget = &plan.sweep.budget;
    let (kind, grid) = if budget.points > 1 {
        (CurveKind::Snapshots, BudgetGrid::try_from(budget.grid()).ok()?)
    } else {
        (CurveKind::HandedIn, BudgetGrid::geometric(budget.tokens, thresholds.curve_points).ok()?)
    };
    let (mut curves, mut gaps) = (Vec::new(), Vec::new());
    for model in &plan.sweep.models {
        let simulated = plan.simulated.contains(model);
        let (baseline, _) = by_task(kind, rows, scores, model, &plan.sweep.baseline, &grid);
        let level = simultaneous(thresholds.level, at_once(plan));
        for arm in &plan.sweep.arms {
            let (tasks, missing) = by_task(kind, rows, scores, model, arm, &grid);
            curves.push(ScoreCurve {
                model: model.clone(),
                arm: arm.to_string(),
                simulated,
                points: points(plan, &tasks, thresholds)?,
                missing,
                incidence: incidence(rows, scores, model, arm, &grid),
                area: stats::mean_curve(&curves_of(&tasks)).and_then(|mean| grid.area(&mean)),
                rising: rises(plan, &tasks),
            });
            if arm.again || *arm == plan.sweep.baseline {
                continue;
            }
            let mean = stats::mean_curve(&curves_of(&baseline)).zip(stats::mean_curve(&curves_of(&tasks)));
            let differs = |of: &dyn Fn(&[f64]) -> Option<f64>| -> Option<Estimate> {
                let values = tasks
                    .iter()
                    .filter_map(|(task, curve)| Some((*task, of(curve)? - of(baseline.get(task)?)?)));
                let found = Inference::of_values(&by_family(plan, values), (-1.0, 1.0))?;
                Some(Estimate::of(&found, level, thresholds))
            };
            gaps.push(GapCurve {
                model: model.clone(),
                arm: arm.to_string(),
                simulated,
                points: (0..grid.budgets().len())
                    .map(|place| differs(&|curve| curve.get(place).copied()))
                    .collect::<Option<_>>()?,
                area: differs(&|curve| grid.area(curve)),
                matching_budget: mean
                    .filter(|(baseline, _)| baseline.last().is_some_and(|score| *score > 0.0))
                    .and_then(|(baseline, tasks)| grid.matching_budget(&baseline, &tasks)),
            });
        }
    }
    Some(Curves { kind, budgets: grid.budgets().to_vec(), scores: curves, gaps })
}

/// `RISING` for each arm whose score the last doubling still raised.
pub(crate) fn rising(curve: &ScoreCurve) -> Option<Flag> {
    curve.rising.filter(|rising| *rising).map(|_| {
        Flag::new(
            FlagName::Rising,
            "the last doubling of the budget still raised the score: it is a lower bound",
        )
    })
}

/// One curve per task, in the order of their names: the mean over planned attempts. With it, how many of them have no
/// verdict at each budget.
fn by_task<'a>(
    kind: CurveKind,
    rows: &'a [Row],
    scores: &Scores<'_>,
    model: &'a str,
    arm: &'a Arm,
    grid: &BudgetGrid,
) -> (ByTask<'a>, Vec<usize>) {
    let counted = scores.of(model, arm);
    let mut tasks: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    let mut missing = vec![0; grid.budgets().len()];
    for row in arm::of(rows, model, arm).filter(|row| counted.contains_key(row.planned.task.as_str())) {
        let status: Vec<Option<f64>> =
            grid.budgets().iter().map(|budget| score_at(kind, row, *budget)).collect();
        for (missing, score) in missing.iter_mut().zip(&status) {
            *missing += usize::from(score.is_none());
        }
        let status = status.into_iter().map(|score| score.unwrap_or(0.0)).collect();
        tasks.entry(&row.planned.task).or_default().push(status);
    }
    let curve = |(task, attempts): (&'a str, Vec<Vec<f64>>)| Some((task, grid.current_status(&attempts)?));
    (tasks.into_iter().filter_map(curve).collect(), missing)
}

/// One curve per task.
type ByTask<'a> = BTreeMap<&'a str, Vec<f64>>;

fn curves_of(tasks: &ByTask<'_>) -> Vec<Vec<f64>> {
    tasks.values().cloned().collect()
}

/// Whether the last doubling of the budget raised the score by more than the standard error of that rise.
fn rises(plan: &Plan, tasks: &ByTask<'_>) -> Option<bool> {
    let last = |(task, curve): (&&'_ str, &Vec<f64>)| match curve.as_slice() {
        [.., before, last] => Some((task.to_string(), last - before)),
        _ => None,
    };
    let rises: Vec<(String, f64)> = tasks.iter().filter_map(last).collect();
    let of = rises.iter().map(|(task, rise)| (task.as_str(), *rise));
    let found = Inference::of_values(&by_family(plan, of), (-1.0, 1.0))?;
    (found.design.clusters() > 1).then_some(found.estimate > found.standard_error)
}

fn score_at(kind: CurveKind, row: &Row, budget: f64) -> Option<f64> {
    match kind {
        CurveKind::Snapshots => row.score_at(budget),
        CurveKind::HandedIn => {
            let handed_in =
                |end: &ledger::event::TrialEnd| is_handed_in(end.outcome) && end.spent.charged <= budget;
            row.score().map(|score| if row.end.as_ref().is_some_and(handed_in) { score } else { 0.0 })
        }
    }
}

fn points(plan: &Plan, tasks: &ByTask<'_>, thresholds: &Thresholds) -> Option<Vec<Estimate>> {
    let budgets = tasks.values().next()?.len();
    let at = |place: usize| {
        let scores = tasks.iter().map(|(task, curve)| (*task, curve[place]));
        let found = Inference::of_values(&by_family(plan, scores), (0.0, 1.0))?;
        Some(Estimate::of(&found, thresholds.level, thresholds))
    };
    (0..budgets).map(at).collect()
}

fn incidence(
    rows: &[Row],
    scores: &Scores<'_>,
    model: &str,
    arm: &Arm,
    grid: &BudgetGrid,
) -> Vec<Option<f64>> {
    let counted = scores.of(model, arm);
    let ended: Vec<EndedTrial> = arm::of(rows, model, arm)
        .filter(|row| counted.contains_key(row.planned.task.as_str()))
        .filter_map(|row| row.end.as_ref().map(|end| (row, end)))
        .map(|(row, end)| {
            let end_kind = match row.score() {
                Some(score) if is_handed_in(end.outcome) && score >= 1.0 => TrialEnd::Solved,
                _ if stopped_itself(end.outcome) => TrialEnd::GaveUp,
                _ => TrialEnd::Censored,
            };
            EndedTrial { used: end.spent.charged, end: end_kind }
        })
        .collect();
    let curve = stats::cumulative_incidence(&ended).unwrap_or_default();
    // Beyond the last trial, where everything that is left was cut off, nothing is known.
    let known = ended.iter().map(|trial| trial.used).fold(0.0, f64::max);
    let undecided = curve.last().is_some_and(|last| last.undecided > 0.0);
    grid.budgets()
        .iter()
        .map(|budget| {
            if curve.is_empty() || (undecided && *budget > known) {
                return None;
            }
            Some(stats::incidence_at(&curve, *budget).map_or(0.0, |point| point.solved))
        })
        .collect()
}

/// Whether the agent ended its work and handed it in: a crash is no hand-in, whatever is found in the workspace.
fn is_handed_in(outcome: Outcome) -> bool {
    outcome.group() == OutcomeGroup::Verified
}

/// Whether the agent's part ended by itself, and was not cut off by a limit or by a failure of ours.
fn stopped_itself(outcome: Outcome) -> bool {
    matches!(outcome.group(), OutcomeGroup::Verified | OutcomeGroup::Agent)
}
