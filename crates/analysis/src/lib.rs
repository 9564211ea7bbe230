//! From a run's plan and ledger to every number a report shows.
//!
//! Pure: it reads what it is given and computes with `stats`. It must never look at anything but plan and ledger, and
//! never drop a planned trial: the plan is the denominator of every rate.

mod arm;
mod call;
mod claim;
mod comparison;
mod curve;
mod difference;
mod estimate;
mod factorial;
mod facts;
mod forbidden;
mod forecast;
mod gap;
mod hack_rate;
mod history;
mod judgement;
mod record;
mod registration;
mod reliability;
mod rows;
mod scores;
mod setup;
mod trial;
mod usable;
mod verdict;

use std::{panic::resume_unwind, thread};

use ledger::{Plan, fold::StoppedArm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Arm, Deviation, Flag, FlagName, Program};

pub use arm::{ArmSummary, KindShare, SelfReportRatio};
pub use call::Call;
pub use claim::{ClaimVerdict, HeldClaim, MeasuredClaim, ProtocolLine, hold};
pub use comparison::{CompareError, Comparison, OpenClosed, Subject, compare};
pub use curve::{CurveKind, Curves, GapCurve, ScoreCurve};
pub use difference::{
    ArmDifference, Difference, Flip, Movement, NotComparable, difference, difference_beside,
};
pub use estimate::Estimate;
pub use factorial::{Effect, Factorial};
pub use facts::{Measured, RunFacts};
pub use forbidden::ForbiddenArm;
pub use forecast::{Forecast, ModelForecast, Needed, Pilot, Planning, forecast};
pub use gap::{Appendix, Equivalence, GapSummary, Hacks, Missing, Range, SignFlip, Trade};
pub use hack_rate::{HackRate, HackedArm};
pub use history::{
    Drift, History, HistoryError, Night, NightFacts, Point, Segment, Series, Steadiness, Step, Which, history,
};
pub use judgement::Judgement;
pub use record::{Folding, Lost, Record, in_order};
pub use registration::{HypothesisResult, HypothesisVerdict, RegistrationSummary};
pub use reliability::{Flaky, Flipped, PassPoint, Passes, Reliability, Share, Solved};
pub use rows::Row;
pub use setup::{SetupChange, plan_changes};
pub use trial::{End, TrialSummary};
pub use verdict::Verdict;

pub(crate) use scores::Scores;

/// Everything a report shows of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Version of these field names.
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// The sweep's name.
    pub sweep: String,
    /// SHA-256 of the plan, fixed before the first trial.
    pub plan_digest: String,
    /// The last link of the ledger's hash chain.
    pub ledger_head: String,
    /// Number of events in the ledger.
    pub ledger_events: usize,
    /// Whether the ledger's last line was cut short by a crash and left out.
    pub ledger_truncated: bool,
    /// When the ledger's last event was written, in milliseconds since the Unix epoch; `None` before the first.
    #[serde(default)]
    pub last_event_ms: Option<u64>,
    /// The programs that worked on the run, each once and in order.
    pub programs: Vec<Program>,
    /// Budget per trial, in the meter's units.
    pub budget: f64,
    /// The meter.
    pub meter: String,
    /// Baseline arm.
    pub baseline: String,
    /// Planned trials.
    pub planned: usize,
    /// Trials with a terminal event.
    pub ended: usize,
    /// Whether the program has left the run, and trials are still to run.
    #[serde(default)]
    pub paused: bool,
    /// Number of planned tasks.
    pub tasks: usize,
    /// How many of them were found invalid, and count in no arm.
    #[serde(default)]
    pub void_tasks: usize,
    /// Number of task families.
    pub families: usize,
    /// Attempts per model, arm and task.
    pub attempts: u32,
    /// Ids of simulated models: their numbers say nothing about any real model.
    pub simulated: Vec<String>,
    /// Id of the recorded run whose answers this one was given; `None` when providers answered.
    pub replayed: Option<String>,
    /// What was registered before the first trial, and what became of it; `None`: nothing, so that the run is exploratory.
    #[serde(default)]
    pub registration: Option<RegistrationSummary>,
    /// What was done otherwise than registered.
    #[serde(default)]
    pub deviations: Vec<Deviation>,
    /// What was spent by tries that led to no outcome: retried and cut off ones.
    pub lost: Lost,
    /// One per model and arm, in the plan's order.
    pub arms: Vec<ArmSummary>,
    /// One per model and arm other than the baseline.
    pub gaps: Vec<GapSummary>,
    /// The baseline against itself, one per model, where the sweep runs it a second time. A sound run shows no
    /// difference here.
    pub controls: Vec<GapSummary>,
    /// One per model and harness that was run with both prompts, as was the bare loop.
    pub factorials: Vec<Factorial>,
    /// Score and gap by budget; `None` before all planned trials have ended.
    pub curves: Option<Curves>,
    /// What several attempts at a task say.
    #[serde(default)]
    pub reliability: Reliability,
    /// One per planned trial, in the plan's order.
    pub trials: Vec<TrialSummary>,
    /// Flags about the whole run.
    pub flags: Vec<Flag>,
}

/// Thresholds above which flags are raised (docs/methodology.md): those of a plan, see [`Thresholds::of`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Level of the intervals.
    pub level: stats::Level,
    /// Power of the smallest detectable difference.
    pub power: f64,
    /// When missing trials forbid a headline.
    pub gate: stats::MissingGate,
    /// Largest difference of mean unspent budget between arms, as a share of the budget (`UNEQUAL_STOP`).
    pub unequal_stop: f64,
    /// Largest overshoot of a trial's budget, as a share of it (`OVERSHOOT`).
    pub overshoot: f64,
    /// Gaps inside ± this do not matter: what an equivalence test is held against.
    pub margin: f64,
    /// Number of budgets in the curves: each is half of the next.
    pub curve_points: u32,
    /// Intraclass correlation above which the task-level interval is marked `CLUSTERED`.
    pub icc: f64,
}

impl Thresholds {
    /// Those that were fixed with the plan; level and power are the same for all.
    pub fn of(plan: &Plan) -> Self {
        plan.sweep.thresholds.into()
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        vocabulary::Thresholds::default().into()
    }
}

impl From<vocabulary::Thresholds> for Thresholds {
    fn from(fixed: vocabulary::Thresholds) -> Self {
        Self {
            level: stats::Level::P95,
            power: 0.8,
            gate: stats::MissingGate { max_rate: fixed.missing, max_difference: fixed.missing_difference },
            unequal_stop: fixed.unequal_stop,
            overshoot: fixed.overshoot,
            margin: fixed.margin,
            curve_points: fixed.curve_points,
            icc: fixed.clustered,
        }
    }
}

impl Analysis {
    /// Whether nothing was registered before the first trial that counts.
    pub fn is_exploratory(&self) -> bool {
        self.registration.as_ref().is_none_or(|registration| !registration.void.is_empty())
    }

    /// The models' ids, in the plan's order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let arms = self.arms.iter().enumerate();
        let first = |(place, arm): &(usize, &ArmSummary)| {
            !self.arms[..*place].iter().any(|other| other.model == arm.model)
        };
        arms.filter(first).map(|(_, arm)| arm.model.as_str())
    }
}

/// Computes everything.
pub fn analyse(plan: &Plan, record: &Record, thresholds: &Thresholds) -> Analysis {
    let Record { ledger, rows, .. } = record;
    let scores = Scores::new(rows);
    let ways = gap::Ways::of(rows);
    let ended = rows.iter().filter(|row| row.end.is_some()).count();
    let whole = ended == plan.trials.len();
    let each_arm =
        || plan.sweep.models.iter().flat_map(|model| plan.sweep.arms.iter().map(move |arm| (model, arm)));
    let compared = || each_arm().filter(|(_, arm)| **arm != plan.sweep.baseline);
    let gap = |(model, arm): (&String, &Arm)| {
        gap::compare(plan, rows, (&scores, ways.as_ref()), model, arm, thresholds)
    };
    // Each goes over all trials, and none needs another.
    let (mut curves, mut arms, trials, mut gaps, mut controls) = thread::scope(|scope| {
        let arms = scope.spawn(|| {
            let summary =
                |(model, arm): (&String, &Arm)| arm::summarize(plan, rows, &scores, model, arm, thresholds);
            (
                each_arm().map(summary).collect::<Vec<_>>(),
                rows.iter().map(|row| TrialSummary::new(plan, row)).collect(),
            )
        });
        let curves = if whole { curve::all(plan, rows, &scores, thresholds) } else { None };
        let gaps: Vec<GapSummary> = compared().filter(|(_, arm)| !arm.again).map(gap).collect();
        let controls: Vec<GapSummary> = compared().filter(|(_, arm)| arm.again).map(gap).collect();
        let (arms, trials) = arms.join().unwrap_or_else(|panic| resume_unwind(panic));
        (curves, arms, trials, gaps, controls)
    });
    let flags = run_flags(plan, record, ended);
    if flags.iter().any(|flag| flag.name == FlagName::ImpossibleTasks) {
        curves = None;
        arms.iter_mut().for_each(ArmSummary::without_score);
    }
    for (arm, curve) in arms.iter_mut().zip(curves.iter().flat_map(|curves| &curves.scores)) {
        arm.flags.extend(curve::rising(curve));
        arm.flags.sort();
    }
    gap::conclude(&mut gaps, &mut controls, &arms, &flags, whole);
    let stated = |model: &str, arm: &Arm| gap::stated(&gaps, model, arm);
    let registration = registration::summary(&ledger.plan_digest, &record.run, stated);
    let factorials = factorial::all(plan, &scores, (&gaps, &arms), thresholds);
    let mut lost = Lost::default();
    for row in rows {
        lost.tries += row.lost.len() as u32;
        for spent in &row.lost {
            lost.tokens += spent.usage.total();
            lost.usd += spent.usd;
        }
    }
    let mut families: Vec<&String> = plan.families.values().collect();
    families.sort();
    families.dedup();
    Analysis {
        version: 1,
        run: ledger.run_id.clone(),
        sweep: plan.sweep.name.clone(),
        plan_digest: ledger.plan_digest.clone(),
        ledger_head: ledger.head.clone(),
        ledger_events: ledger.events,
        ledger_truncated: ledger.truncated,
        last_event_ms: record.run.last_event_ms,
        programs: record.programs(plan),
        budget: plan.sweep.budget.tokens,
        meter: plan.sweep.budget.meter.clone(),
        baseline: plan.sweep.baseline.to_string(),
        planned: plan.trials.len(),
        ended,
        paused: record.run.closed && !whole,
        tasks: plan.tasks.len(),
        void_tasks: scores::void(rows).len(),
        families: families.len(),
        attempts: plan.sweep.attempts,
        simulated: plan.simulated.clone(),
        replayed: plan.replay.as_ref().map(|replay| replay.run.clone()),
        registration,
        deviations: record.run.deviations.clone(),
        lost,
        arms,
        gaps,
        controls,
        factorials,
        curves,
        reliability: reliability::all(plan, &scores, whole, thresholds),
        trials,
        flags,
    }
}

pub(crate) fn run_flags(plan: &Plan, record: &Record, ended: usize) -> Vec<Flag> {
    let Record { ledger, rows, run } = record;
    let mut flags = Vec::new();
    if ended < plan.trials.len() {
        let stands = if run.closed { "paused at" } else { "at work, or cut off, at" };
        flags.push(Flag::new(
            FlagName::Incomplete,
            format!("{stands} {ended} of {} trials; go on with the same `overhang run`", plan.trials.len()),
        ));
    }
    if !run.changed_harnesses.is_empty() {
        let names = run.changed_harnesses.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        flags.push(Flag::new(
            FlagName::HarnessChanged,
            format!("harness.toml was edited between two starts of this run: {names}"),
        ));
    }
    if let [_, _, ..] = run.programs.as_slice() {
        let programs = in_order(&run.programs);
        flags.push(Flag::new(FlagName::ProgramChanged, format!("this run was worked on by {programs}")));
    }
    if !plan.simulated.is_empty() {
        flags
            .push(Flag::new(FlagName::Simulated, format!("simulated models: {}", plan.simulated.join(", "))));
    }
    if let Some(replay) = &plan.replay {
        flags.push(Flag::new(
            FlagName::ReplayedRun,
            format!("model calls were answered from the record of run {}", replay.run),
        ));
    }
    if plan.version > Plan::VERSION {
        let what =
            format!("written by a newer version; {} events are of a kind not known here", ledger.unknown);
        flags.push(Flag::new(FlagName::NewerRun, what));
    }
    if ledger.truncated {
        flags.push(Flag::new(
            FlagName::TruncatedLedger,
            "the last line was cut short by a crash and is left out",
        ));
    }
    let duplicated: u32 = rows.iter().map(|row| row.duplicate_calls).sum();
    if duplicated > 0 {
        flags.push(Flag::new(
            FlagName::DuplicateCall,
            format!("{duplicated} calls stand in the ledger twice"),
        ));
    }
    let strange: Vec<&Row> = rows.iter().filter(|row| row.has_strange_score()).collect();
    if let Some(first) = strange.first() {
        let reason = format!("in {} trials, first {}", strange.len(), first.planned.id.0);
        flags.push(Flag::new(FlagName::ScoreRange, reason));
    }
    let unrecorded: usize = rows.iter().map(rows::unrecorded_calls).sum();
    if unrecorded > 0 {
        flags.push(Flag::new(
            FlagName::UnrecordedCall,
            format!("{unrecorded} calls of ended trials were let through and never recorded"),
        ));
    }
    let different: Vec<&str> =
        rows.iter().filter(|row| rows::spent_differs(row)).map(|row| row.planned.id.0.as_str()).collect();
    if let Some(first) = different.first() {
        flags.push(Flag::new(
            FlagName::MeterMismatch,
            format!(
                "in {} trials the calls in the ledger do not add up to what the trial says it spent, first {first}",
                different.len()
            ),
        ));
    }
    flags.extend(run.flags.iter().cloned());
    flags.extend(stopped_arms(record));
    flags.sort();
    flags.dedup();
    flags
}

/// Arms that were stopped, and still have trials that are missing for it.
fn stopped_arms(record: &Record) -> impl Iterator<Item = Flag> {
    record.run.stopped_arms.iter().filter_map(|StoppedArm { model, arm, outcome, detail }| {
        let is_missing = |row: &&Row| match &row.end {
            None => true,
            Some(end) => end.outcome == *outcome && row.score().is_none(),
        };
        let rows = record.rows.iter();
        let missing = rows
            .filter(|row| row.planned.model == *model && row.planned.arm == *arm)
            .filter(is_missing)
            .count();
        let reason =
            format!("{arm} with {model}: {missing} trials are missing, not zeros; {outcome}: {detail}");
        (missing > 0).then(|| Flag::new(FlagName::ArmStopped, reason))
    })
}
