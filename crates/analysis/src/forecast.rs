//! What a sweep can find, and what it can cost, before anything is spent.

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{Level, MissingRule, TaskPair, TaskTrials, VarianceParts};

use crate::{Measured, Scores, Thresholds, rows::Row};

/// Variances to plan with, and where they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planning {
    /// Variance of the true difference between tasks.
    pub between_tasks: f64,
    /// Variance between attempts at one task in the baseline arm.
    pub baseline: f64,
    /// The same in the other arm.
    pub other: f64,
    /// Where these come from.
    pub source: String,
}

impl Planning {
    /// Medians over 30 pairs of harnesses with the same model, on 88 tasks with 5 trials each of Terminal-Bench 2.0
    /// (docs/methodology.md, Planning).
    pub fn published() -> Self {
        Self {
            between_tasks: 0.042,
            baseline: 0.082,
            other: 0.082,
            source: "medians over pairs of harnesses in published trials of Terminal-Bench 2.0".to_owned(),
        }
    }

    fn parts(&self) -> VarianceParts {
        VarianceParts { between_tasks: self.between_tasks, baseline: self.baseline, other: self.other }
    }
}

/// What an earlier run teaches about this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pilot {
    /// Its id.
    pub run: String,
    /// Variances over its tasks, when its arms have two attempts or more.
    pub planning: Option<Planning>,
    /// Mean tokens of an ended trial.
    pub tokens: Option<f64>,
    /// Mean US dollars of an ended trial; `None` where nothing cost anything.
    pub usd: Option<f64>,
    /// Mean seconds of an ended trial, grading included.
    pub seconds: Option<f64>,
    /// Mean bytes that its directory holds for an ended trial; `None` until whoever can look says so.
    pub bytes: Option<f64>,
    /// Ended trials.
    pub trials: usize,
}

impl Pilot {
    /// Of an earlier run.
    pub fn of(run: Measured<'_>) -> Self {
        let rows = &run.record.rows;
        let id = &run.record.ledger.run_id;
        let ends: Vec<_> = rows.iter().filter_map(|row| row.end.as_ref()).collect();
        let of =
            |value: fn(&ledger::event::TrialEnd) -> f64| crate::arm::mean(ends.iter().map(|end| value(end)));
        Self {
            run: id.clone(),
            planning: variances(run.plan, rows).map(|parts| Planning {
                between_tasks: parts.between_tasks,
                baseline: parts.baseline,
                other: parts.other,
                source: format!("run {id}"),
            }),
            tokens: of(|end| end.spent.usage.total() as f64),
            usd: of(|end| end.spent.usd).filter(|usd| *usd > 0.0),
            seconds: of(|end| end.total_seconds),
            bytes: None,
            trials: ends.len(),
        }
    }
}

/// Mean variance parts over all models and arms other than the baseline.
fn variances(plan: &Plan, rows: &[Row]) -> Option<VarianceParts> {
    let scores = Scores::new(rows);
    let mut all = Vec::new();
    for model in &plan.sweep.models {
        let baseline = scores.of(model, &plan.sweep.baseline);
        for arm in plan.sweep.arms.iter().filter(|arm| **arm != plan.sweep.baseline) {
            let other = scores.of(model, arm);
            let pairs: Vec<TaskPair> = baseline
                .iter()
                .filter_map(|(task, scores)| {
                    let trials = TaskTrials { baseline: scores.clone(), other: other.get(*task)?.clone() };
                    trials.pair(MissingRule::IntentionToTreat)
                })
                .collect();
            all.extend(VarianceParts::estimate(&pairs));
        }
    }
    let of = |part: fn(&VarianceParts) -> f64| crate::arm::mean(all.iter().map(part));
    Some(VarianceParts {
        between_tasks: of(|parts| parts.between_tasks)?,
        baseline: of(|parts| parts.baseline)?,
        other: of(|parts| parts.other)?,
    })
}

/// A sweep's forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// Planned trials.
    pub trials: usize,
    /// Tasks.
    pub tasks: usize,
    /// Families.
    pub families: usize,
    /// Attempts per model, arm and task.
    pub attempts: u32,
    /// Gaps that will be tested: models × arms other than the baseline.
    pub gaps: usize,
    /// Variances the forecast is made with.
    pub planning: Planning,
    /// Smallest gap found with 80 % power at the level of 5 %, tested alone; `None` without two arms.
    pub smallest_detectable: Option<f64>,
    /// The same when all gaps are adjusted for by Holm.
    pub smallest_detectable_holm: Option<f64>,
    /// One per model.
    pub models: Vec<ModelForecast>,
    /// Most seconds at the sweep's concurrency: every trial at its wall limit, grading apart.
    pub seconds_at_most: f64,
    /// Expected seconds, from a pilot; `None` without one.
    pub seconds_expected: Option<f64>,
    /// Expected bytes of the run's directory, and where the number comes from.
    pub bytes_expected: f64,
    /// In words.
    pub bytes_source: String,
    /// What it takes to find a gap asked for.
    pub needed: Vec<Needed>,
}

/// Bytes stored for a token of budget, where no pilot tells. A conversation repeats itself with every call, and only
/// what is new takes room: 0.2 measured on conversations that grow to 380 kB in 100 calls, and more the shorter they
/// are.
const BYTES_PER_TOKEN: f64 = 0.5;

/// Bytes beside the calls: work tree, output, events.
const BYTES_PER_TRIAL: f64 = 200_000.0;

/// One model's share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelForecast {
    /// Model id.
    pub model: String,
    /// Whether it is simulated: it costs nothing.
    pub simulated: bool,
    /// Its planned trials.
    pub trials: usize,
    /// Most units of the meter, retries apart.
    pub units_at_most: f64,
    /// Expected tokens, from a pilot.
    pub tokens_expected: Option<f64>,
    /// Most US dollars, retries apart; `None` where the meter or missing prices set no bound.
    pub usd_at_most: Option<f64>,
    /// Expected US dollars, from a pilot of models of the same prices.
    pub usd_expected: Option<f64>,
}

/// Tasks needed with some number of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Needed {
    /// Attempts per model, arm and task.
    pub attempts: u32,
    /// Tasks for one gap tested alone.
    pub tasks: u64,
    /// Tasks when all of the sweep's gaps are adjusted for.
    pub tasks_holm: u64,
}

/// Attempts for which [`Forecast::needed`] is told.
const ATTEMPTS: [u32; 5] = [1, 2, 3, 5, 10];

/// Forecasts a plan. `usd_per_unit` gives the most one unit of the meter can cost with a model, where there is such a
/// bound; `detect` is the gap to be found, as a share of 1.
pub fn forecast(
    plan: &Plan,
    pilot: Option<&Pilot>,
    usd_per_unit: impl Fn(&str) -> Option<f64>,
    detect: Option<f64>,
    thresholds: &Thresholds,
) -> Forecast {
    let sweep = &plan.sweep;
    let planning = pilot.and_then(|pilot| pilot.planning.clone()).unwrap_or_else(Planning::published);
    let parts = planning.parts();
    let gaps = sweep.models.len() * sweep.arms.len().saturating_sub(1);
    let holm = stats::holm_planning_level(thresholds.level, u32::try_from(gaps).unwrap_or(u32::MAX));
    let tasks = plan.tasks.len() as u64;
    let variance = |attempts: u32| parts.of_difference(attempts, attempts);
    let detectable = |level: Level| {
        (gaps > 0)
            .then(|| stats::minimum_detectable(tasks, variance(sweep.attempts), level, thresholds.power))
            .flatten()
    };
    let tasks_for = |gap: f64, attempts: u32, level: Level| {
        let tasks = stats::tasks_needed(gap, variance(attempts), level, thresholds.power)?;
        Some(tasks.ceil() as u64)
    };
    let needed = |gap: f64| -> Vec<Needed> {
        let with = |attempts| {
            let tasks = tasks_for(gap, attempts, thresholds.level)?;
            Some(Needed { attempts, tasks, tasks_holm: tasks_for(gap, attempts, holm)? })
        };
        ATTEMPTS.into_iter().filter_map(with).collect()
    };
    let (bytes, bytes_source) = match pilot.and_then(|pilot| Some((pilot.bytes?, &pilot.run))) {
        Some((bytes, run)) => (bytes, format!("as in run {run}")),
        None => (
            sweep.budget.tokens * BYTES_PER_TOKEN + BYTES_PER_TRIAL,
            format!("{BYTES_PER_TOKEN} bytes a unit of budget, all of it spent; large work trees take more"),
        ),
    };
    let in_waves =
        |seconds: f64| seconds * (plan.trials.len() as f64 / f64::from(sweep.concurrency.max(1))).ceil();
    Forecast {
        trials: plan.trials.len(),
        tasks: plan.tasks.len(),
        families: plan.families.values().collect::<std::collections::BTreeSet<_>>().len(),
        attempts: sweep.attempts,
        gaps,
        smallest_detectable: detectable(thresholds.level),
        smallest_detectable_holm: detectable(holm),
        planning,
        models: sweep.models.iter().map(|model| of_model(plan, model, pilot, &usd_per_unit)).collect(),
        seconds_at_most: in_waves(sweep.limits.wall_time_sec as f64),
        seconds_expected: pilot.and_then(|pilot| pilot.seconds).map(in_waves),
        bytes_expected: bytes * plan.trials.len() as f64,
        bytes_source,
        needed: detect.map(needed).unwrap_or_default(),
    }
}

fn of_model(
    plan: &Plan,
    model: &str,
    pilot: Option<&Pilot>,
    usd_per_unit: &impl Fn(&str) -> Option<f64>,
) -> ModelForecast {
    let simulated = plan.simulated.iter().any(|id| id == model);
    let trials = plan.trials.iter().filter(|trial| trial.model == model).count();
    let units_at_most = plan.sweep.budget.tokens * trials as f64;
    let capped = |usd: f64| plan.sweep.spend_cap_usd.map_or(usd, |cap| usd.min(cap));
    let usd_at_most = if simulated {
        Some(0.0)
    } else {
        let by_budget = usd_per_unit(model).map(|usd| capped(usd * units_at_most));
        by_budget.or(plan.sweep.spend_cap_usd)
    };
    let times = |each: Option<f64>| each.map(|each| each * trials as f64);
    ModelForecast {
        model: model.to_owned(),
        simulated,
        trials,
        units_at_most,
        tokens_expected: times(pilot.and_then(|pilot| pilot.tokens)),
        usd_at_most,
        usd_expected: if simulated { Some(0.0) } else { times(pilot.and_then(|pilot| pilot.usd)) },
    }
}
