//! `overhang show`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use analysis::{Row, TrialSummary};
use ledger::{BlobStore, CallRecord, Digest, Plan, RunDir, TrialId};
use report::{Change, Side, bodies};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::ShowArgs,
    exit::Exit,
    failure::Failure,
    follow::{Follow, PAUSE, State},
    json::{self, Document},
    runs::read,
    terminal::width,
    trial_log,
};

/// The trials of a run.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trials {
    /// The run's id.
    run: String,
    /// One per planned trial, in the plan's order.
    trials: Vec<TrialSummary>,
}

impl Document for Trials {}

/// One trial beside its pair.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Pair<'a> {
    /// The run's id.
    run: String,
    /// The trial.
    trial: Trial<'a>,
    /// The trial of the same model, task and attempt in the baseline arm; `null` for one of that arm.
    pair: Option<Trial<'a>>,
    /// What differs between their workspaces, the baseline's first.
    changes: &'a [Change],
    /// The trial's log, where there is one.
    log: Option<PathBuf>,
}

impl Document for Pair<'_> {}

/// A trial and what it did.
#[derive(Serialize, JsonSchema)]
struct Trial<'a> {
    #[serde(flatten)]
    summary: TrialSummary,
    /// Its model calls, in order: of the try that ended it, or of its last one.
    calls: &'a [CallRecord],
    /// Commands its agent ran, in order, where known.
    commands: Vec<&'a str>,
    /// What came back of each command; `null` where that is not recorded.
    outputs: Vec<Option<&'a str>>,
    /// What was changed outside the collected trees, a path a line; `null` where nothing was.
    outside: Option<&'a str>,
    /// Output of the verifier, where known.
    verifier: Option<&'a str>,
    /// How requests differ from the recorded ones that they were replayed by.
    divergences: Vec<Divergence<'a>>,
}

/// How one request differs from the recorded one.
#[derive(Serialize, JsonSchema)]
struct Divergence<'a> {
    /// The call's number.
    call: u32,
    /// A unified diff.
    diff: &'a str,
}

impl<'a> Trial<'a> {
    fn new(plan: &Plan, side: &'a Side<'_>) -> Self {
        let divergences = side.divergences.iter().map(|(call, diff)| Divergence { call: *call, diff });
        Self {
            summary: TrialSummary::new(plan, side.row),
            calls: &side.calls,
            commands: side.commands.iter().map(|ran| ran.command.as_str()).collect(),
            outputs: side.commands.iter().map(|ran| ran.output.as_deref()).collect(),
            outside: side.outside.as_deref(),
            verifier: side.verifier.as_deref(),
            divergences: divergences.collect(),
        }
    }
}

/// A call with its bodies.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Call<'a> {
    /// Its record.
    call: &'a CallRecord,
    /// Its request as it left the gateway: as JSON where it is JSON, else as text; `null` where none was kept.
    request: Option<Value>,
    /// The response, likewise.
    response: Option<Value>,
}

impl Document for Call<'_> {}

pub(crate) async fn show(arguments: &ShowArgs) -> Result<Exit, Failure> {
    let (run, plan, record) = read(&arguments.run)?;
    let id = run.id()?;
    let rows = record.rows;
    let Some(wanted) = &arguments.trial else {
        let trials = selected(&plan, &rows, arguments)?;
        if arguments.json {
            json::print(Trials { run: id, trials })?;
        } else {
            out!("{}", report::trials(&trials, width()));
        }
        return Ok(Exit::Done);
    };
    let row = find(&rows, wanted, &arguments.run)?;
    if arguments.follow {
        return follow(&run, &plan, row.planned.id.clone()).await;
    }
    let blobs = run.blobs();
    if let Some(number) = arguments.call {
        return one_call(&run, &blobs, row, number);
    }
    let baseline = pair_of(&plan, &rows, row);
    let changes = match baseline.map(|baseline| differences(&blobs, baseline, row)) {
        Some(changes) => changes?,
        None => Vec::new(),
    };
    let both: Vec<&Row> = std::iter::once(row).chain(baseline).collect();
    let ids: Vec<&TrialId> = both.iter().map(|row| &row.planned.id).collect();
    let sides = both.iter().zip(run.calls_of(&ids)?).map(|(row, calls)| side(&blobs, row, calls));
    let sides = sides.collect::<Result<Vec<_>, _>>()?;
    let log = Some(trial_log::file(run.path(), &row.planned.id.0)).filter(|log| log.exists());
    if arguments.json {
        let trial = |side| Trial::new(&plan, side);
        let pair = sides.get(1).map(trial);
        json::print(Pair { run: id, trial: trial(&sides[0]), pair, changes: &changes, log })?;
        return Ok(Exit::Done);
    }
    out!("{}", report::pair(&sides[0], sides.get(1), &changes));
    if let Some(log) = log {
        outln!("log: {}", log.display());
    }
    Ok(Exit::Done)
}

/// Shows a trial as it goes on, until it ends or the run is left.
async fn follow(run: &RunDir, plan: &Plan, trial: TrialId) -> Result<Exit, Failure> {
    let mut follow = Follow::new(run, plan, trial);
    loop {
        match follow.print_new()? {
            State::Open => tokio::time::sleep(PAUSE).await,
            State::Ended => return Ok(Exit::Done),
            State::Left => {
                errln!("the run was left before this trial ended; overhang run resumes it");
                return Ok(Exit::Failed);
            }
        }
    }
}

/// Prints a call with its bodies: as JSON where they are JSON, else as text.
fn one_call(run: &RunDir, blobs: &BlobStore, row: &Row, number: u32) -> Result<Exit, Failure> {
    let calls = run.calls_of(&[&row.planned.id])?.remove(0);
    let Some(call) = calls.iter().find(|call| call.call == number) else {
        let known = calls.iter().map(|call| call.call.to_string()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "no call" } else { &known };
        return Err(Failure::Input(format!("{} has no call {number}; it has {known}", row.planned.id)));
    };
    let body = |digest: Option<&Digest>| {
        let text = bodies::text(blobs, digest).map_err(Failure::other)?;
        let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok::<_, Failure>(text.map(value))
    };
    let (request, response) = (body(call.request.as_ref())?, body(call.response.as_ref())?);
    json::print(Call { call, request, response })?;
    Ok(Exit::Done)
}

/// The trials that are to be listed, in the plan's order.
fn selected(plan: &Plan, rows: &[Row], arguments: &ShowArgs) -> Result<Vec<TrialSummary>, Failure> {
    let mut trials: Vec<TrialSummary> = rows.iter().map(|row| TrialSummary::new(plan, row)).collect();
    // Which pairs disagree is known only while both arms are there.
    if arguments.disagree {
        trials = report::disagreeing(trials, &plan.sweep.baseline.to_string());
    }
    let outcome =
        |trial: &TrialSummary| trial.end.as_ref().map_or("not ended", |end| &end.outcome).to_owned();
    if let Some(part) = &arguments.arm {
        let arms = plan.sweep.arms.iter().map(ToString::to_string);
        known("arm", part, arms, |arm| arm.contains(part.as_str()))?;
        trials.retain(|trial| trial.arm.contains(part.as_str()));
    }
    if let Some(code) = &arguments.outcome {
        let all = rows.iter().map(|row| outcome(&TrialSummary::new(plan, row)));
        known("outcome", code, all, |outcome| outcome.eq_ignore_ascii_case(code))?;
        trials.retain(|trial| outcome(trial).eq_ignore_ascii_case(code));
    }
    Ok(trials)
}

/// An error with what there is, unless something of it fits.
fn known(
    what: &str,
    wanted: &str,
    all: impl Iterator<Item = String>,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let all: BTreeSet<String> = all.collect();
    if all.iter().any(|one| fits(one)) {
        return Ok(());
    }
    let all: Vec<String> = all.into_iter().collect();
    Err(Failure::Input(format!("this run has no {what} `{wanted}`; it has {}", all.join(", "))))
}

fn find<'a>(rows: &'a [Row], wanted: &str, run: &Path) -> Result<&'a Row, Failure> {
    if let Some(row) = rows.iter().find(|row| row.planned.id.0 == wanted) {
        return Ok(row);
    }
    let fitting: Vec<&Row> = rows.iter().filter(|row| row.planned.id.0.contains(wanted)).collect();
    match fitting.as_slice() {
        [row] => Ok(row),
        [] => Err(Failure::Input(format!(
            "no trial of this run has `{wanted}` in its name: `overhang show {}` lists them",
            run.display()
        ))),
        several => Err(Failure::Input(format!(
            "{} trials have `{wanted}` in their names, as {} and {}: give more of it",
            several.len(),
            several[0].planned.id,
            several[1].planned.id
        ))),
    }
}

/// The trial of the same model, task and attempt in the baseline arm.
fn pair_of<'a>(plan: &Plan, rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    rows.iter().find(|other| {
        other.planned.arm == plan.sweep.baseline
            && other.planned.id != row.planned.id
            && other.planned.model == row.planned.model
            && other.planned.task == row.planned.task
            && other.planned.attempt == row.planned.attempt
    })
}

fn side<'a>(blobs: &BlobStore, row: &'a Row, calls: Vec<CallRecord>) -> Result<Side<'a>, Failure> {
    let end = row.end.as_ref();
    let diffs = calls.iter().filter_map(|call| Some((call.call, call.replayed.as_ref()?.diff.as_ref()?)));
    let read = |(call, digest)| Ok(bodies::text(blobs, Some(digest))?.map(|diff| (call, diff)));
    let divergences = diffs.map(read).filter_map(Result::transpose).collect::<Result<_, bodies::BodyError>>();
    let stored = bodies::commands(blobs, end.and_then(|end| end.commands.as_ref()));
    Ok(Side {
        row,
        divergences: divergences.map_err(Failure::other)?,
        commands: bodies::ran(blobs, &calls, &stored.map_err(Failure::other)?),
        calls,
        outside: bodies::text(blobs, end.and_then(|end| end.changed_outside.as_ref()))
            .map_err(Failure::other)?,
        verifier: bodies::text(blobs, end.and_then(|end| end.verifier_output.as_ref()))
            .map_err(Failure::other)?,
    })
}

fn differences(blobs: &BlobStore, baseline: &Row, row: &Row) -> Result<Vec<Change>, Failure> {
    fn workspace(row: &Row) -> Option<&Digest> {
        row.end.as_ref().and_then(|end| end.workspace.as_ref())
    }
    let names = (baseline.planned.arm.to_string(), row.planned.arm.to_string());
    let found = bodies::differences(blobs, (workspace(baseline), workspace(row)), (&names.0, &names.1));
    Ok(found.map_err(Failure::other)?.unwrap_or_default())
}
