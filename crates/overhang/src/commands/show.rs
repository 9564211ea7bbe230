//! `overhang show`.

use std::path::Path;

use analysis::Row;
use ledger::{BlobStore, CallRecord, Digest, Event, Plan, RunDir, TrialId, run::RunError};
use report::{Change, Side, bodies};

use crate::{
    cli::ShowArgs,
    exit::Exit,
    failure::Failure,
    follow::{Follow, PAUSE, State},
    runs::read,
    trial_log,
};

pub(crate) async fn show(arguments: &ShowArgs) -> Result<Exit, Failure> {
    let (run, plan, record) = read(&arguments.run)?;
    let rows = record.rows;
    let Some(wanted) = &arguments.trial else {
        list(&rows);
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
    let sides = both.iter().zip(calls(&run, &both)?).map(|(row, calls)| side(&blobs, row, calls));
    let sides = sides.collect::<Result<Vec<_>, _>>()?;
    anstream::print!("{}", report::pair(&sides[0], sides.get(1), &changes));
    let log = trial_log::file(run.path(), &row.planned.id.0);
    if log.exists() {
        anstream::println!("log: {}", log.display());
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
                anstream::eprintln!("the run was left before this trial ended; overhang run resumes it");
                return Ok(Exit::Failed);
            }
        }
    }
}

/// Prints a call with its bodies: as JSON where they are JSON, else as text.
fn one_call(run: &RunDir, blobs: &BlobStore, row: &Row, number: u32) -> Result<Exit, Failure> {
    let calls = calls(run, &[row])?.remove(0);
    let Some(call) = calls.iter().find(|call| call.call == number) else {
        let known = calls.iter().map(|call| call.call.to_string()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "no call" } else { &known };
        return Err(Failure::Input(format!("{} has no call {number}; it has {known}", row.planned.id)));
    };
    let body = |digest: Option<&Digest>| {
        let text = bodies::text(blobs, digest).map_err(Failure::other)?;
        let value = |text: String| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        Ok::<_, Failure>(text.map(value))
    };
    let whole = serde_json::json!({
        "call": call, "request": body(call.request.as_ref())?, "response": body(call.response.as_ref())?,
    });
    anstream::println!("{whole:#}");
    Ok(Exit::Done)
}

fn list(rows: &[Row]) {
    for row in rows {
        let outcome = row.end.as_ref().map_or("not ended", |end| end.outcome.code());
        anstream::println!("{}  {outcome}", row.planned.id);
    }
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

/// All calls of the try that ended each of some trials, or of its last one: one reading for all.
fn calls(run: &RunDir, rows: &[&Row]) -> Result<Vec<Vec<CallRecord>>, RunError> {
    let mut calls = vec![Vec::new(); rows.len()];
    run.each_line(|line| {
        let place = rows.iter().position(|row| line.event.trial() == Some(&row.planned.id));
        match (place, line.event) {
            (Some(place), Event::Started { .. }) => calls[place].clear(),
            (Some(place), Event::Call(call)) => calls[place].push(*call),
            _ => {}
        }
        Ok::<(), RunError>(())
    })?;
    Ok(calls)
}

fn side<'a>(blobs: &BlobStore, row: &'a Row, calls: Vec<CallRecord>) -> Result<Side<'a>, Failure> {
    let end = row.end.as_ref();
    let diffs = calls.iter().filter_map(|call| Some((call.call, call.replayed.as_ref()?.diff.as_ref()?)));
    let read = |(call, digest)| Ok(bodies::text(blobs, Some(digest))?.map(|diff| (call, diff)));
    let divergences = diffs.map(read).filter_map(Result::transpose).collect::<Result<_, bodies::BodyError>>();
    Ok(Side {
        row,
        divergences: divergences.map_err(Failure::other)?,
        calls,
        commands: bodies::commands(blobs, end.and_then(|end| end.commands.as_ref()))
            .map_err(Failure::other)?,
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
