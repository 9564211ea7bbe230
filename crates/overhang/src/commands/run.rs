//! `overhang run`.

use std::{io::IsTerminal, path::Path, sync::Arc};

use analysis::SetupChange;
use gateway::Keys;
use ledger::{Overrides, Plan, PlannedTrial, RunDir};
use report::{Format, View};
use runner::{Finished, Progress, Recording, Runner, plan::Selection};

use crate::{
    cli::RunArgs,
    engine,
    exit::Exit,
    failure::Failure,
    live, packs, preflight, prepare,
    program::program,
    runs, signals,
    terminal::{out_styled, width},
    trial_log,
};

pub(crate) async fn run(arguments: RunArgs) -> Result<Exit, Failure> {
    let (project, resolved) = prepare::load(&arguments.sweep, None)?;
    prepare::check_meter(&arguments.sweep, &resolved)?;
    if !arguments.i_know {
        prepare::refuse_tuning_on_test(&arguments.sweep, &resolved)?;
    }
    let recording = recording(&arguments)?;
    let keys = match recording {
        Some(_) => Keys::default(),
        None => prepare::keys(&project, &resolved)?,
    };
    for note in &resolved.notes {
        errln!("note: {note}");
    }
    let engine = engine::connect().await?;
    let preflights = match recording {
        Some(_) => Vec::new(),
        None => preflight::models(&resolved.models, &keys, arguments.wait).await?,
    };
    let packs = packs::all(&*engine, &project, &resolved).await?;
    let mut plan = prepare::plan(&resolved, &packs)?;
    plan.replay = recording.as_ref().map(Recording::stamp);
    let directory = match &arguments.run_dir {
        // Named through a link, as runs/latest, it is what that leads to: the link may be set anew meanwhile.
        Some(directory) => fs_err::canonicalize(directory).unwrap_or_else(|_| directory.clone()),
        None => prepare::run_dir(&project, &plan)?,
    };
    let selection =
        Selection { shard: arguments.shard, only: arguments.only.clone(), limit: arguments.limit };
    let total = plan.trials.iter().filter(|trial| selection.holds(trial)).count();
    if total == 0 {
        return Err(Failure::Input(
            "no trial of the plan is in the selection: look at --only, --limit and --shard".into(),
        ));
    }
    if let (Some(recording), Some(run)) = (&recording, &arguments.replay) {
        let lacking = |trial: &&PlannedTrial| selection.holds(trial) && !recording.holds(&trial.id);
        if let Some(trial) = plan.trials.iter().find(lacking) {
            return Err(Failure::Input(format!(
                "{} has no record of {}: leave it out with --only or --limit, or record it first",
                run.display(),
                trial.id
            )));
        }
    }
    refuse_other(&directory, &plan)?;
    if arguments.run_dir.is_none() && !directory.exists() {
        told_changes(&project.root, &plan);
    }
    errln!("run {}: {total} of {} planned trials", directory.display(), plan.trials.len());

    let stop = signals::drain_on_interrupt();
    let progress = std::io::stderr().is_terminal() && !arguments.no_progress;
    trial_log::write_below(&directory);
    let overrides = Overrides { concurrency: arguments.concurrency, spend_cap_usd: arguments.spend_cap };
    let cap = overrides.spend_cap_usd.or(plan.sweep.spend_cap_usd);
    let (watching, live) = live::watch(&RunDir::at(&directory), &plan, &selection, cap, progress);
    let begun = directory.clone();
    let observer = move |progress| {
        // Only now is it known that the directory is this run's.
        if matches!(progress, Progress::Begun) {
            point_latest_at(&begun);
        }
        watching(progress);
    };
    let runner = Runner::builder(program())
        .keys(keys)
        .preflights(preflights)
        .recording(recording)
        .selection(selection)
        .retry_infra(arguments.retry_infra)
        .probe(!arguments.no_probe)
        .overrides(overrides)
        .observer(Arc::new(observer))
        .build(engine, project, resolved, packs, plan, RunDir::at(&directory));
    let finished = Box::pin(runner.run(stop)).await;
    live.finish();
    let finished = finished?;
    let (analysis, run) = (runs::analyse(&directory)?, RunDir::at(&directory));
    let view = View::Report(&analysis, &run);
    out_styled(&Format::Terminal.render(view, width()).map_err(Failure::other)?);
    match finished {
        Finished::Complete => Ok(match analysis.want_of_scores() {
            Some(why) => {
                errln!("failed: {why}; `overhang run … --retry-infra` runs again what is missing");
                Exit::Failed
            }
            None => Exit::Done,
        }),
        Finished::Stopped => {
            errln!(
                "paused at {} of {}; go on with `{}`",
                analysis.ended,
                analysis.planned,
                again(&arguments.sweep, arguments.run_dir.as_deref())
            );
            Ok(Exit::Interrupted)
        }
        Finished::ArmStopped => {
            errln!(
                "an arm was stopped because its trials all end alike; they are missing until, with that mended, the same command resumes the run"
            );
            Ok(Exit::Failed)
        }
        Finished::CapReached => {
            errln!(
                "the spend cap is reached: go on with `{} --spend-cap USD`, and a higher sum",
                again(&arguments.sweep, arguments.run_dir.as_deref())
            );
            Ok(Exit::Failed)
        }
    }
}

/// The command that goes on with a run.
fn again(sweep: &Path, run_dir: Option<&Path>) -> String {
    let directory =
        run_dir.map(|directory| format!(" --run-dir {}", directory.display())).unwrap_or_default();
    format!("overhang run {}{directory}", sweep.display())
}

/// The run that is to answer, when one is named.
fn recording(arguments: &RunArgs) -> Result<Option<Recording>, Failure> {
    let read = |run| Recording::read(&runs::open(run)?, arguments.require_hit).map_err(Failure::input);
    arguments.replay.as_deref().map(read).transpose()
}

/// Where an earlier run of the sweep is of another plan: what changed, so that nobody is surprised by a run that begins
/// from nothing.
fn told_changes(root: &Path, plan: &Plan) {
    let Some((earlier, before)) = runs::newest_of_sweep(&root.join("runs"), &plan.sweep.name) else { return };
    let changes = analysis::plan_changes(&before, plan);
    if !changes.is_empty() {
        errln!(
            "note: this is a new run, since the plan is not that of {}:{}",
            earlier.display(),
            listed(&changes)
        );
    }
}

/// Changes, a line each; many are counted.
fn listed(changes: &[SetupChange]) -> String {
    const TOLD: usize = 8;
    let mut lines: String = changes
        .iter()
        .take(TOLD)
        .map(|SetupChange { what, a, b }| format!("\n  {what}: {} → {}", cut(a), cut(b)))
        .collect();
    if changes.len() > TOLD {
        lines.push_str(&format!("\n  and {} more", changes.len() - TOLD));
    }
    lines
}

/// A value on one line; digests and lists are cut.
fn cut(value: &str) -> String {
    const LONGEST: usize = 40;
    if value.chars().count() <= LONGEST {
        value.to_owned()
    } else {
        value.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

/// Refuses a directory that holds a run of another plan, with what is not the same, or something that is no run.
pub(super) fn refuse_other(directory: &Path, plan: &Plan) -> Result<(), Failure> {
    runs::refuse_foreign(directory)?;
    let run = RunDir::at(directory);
    if !directory.join("run.json").is_file() || run.plan_digest()? == plan.digest().map_err(Failure::other)? {
        return Ok(());
    }
    let changes = analysis::plan_changes(&run.plan()?, plan);
    Err(Failure::Input(format!(
        "{} holds a run of another plan:{}\nhelp: put the files back to go on with it, or begin a new run with another --run-dir, or with none",
        directory.display(),
        listed(&changes)
    )))
}

/// `runs/latest` is a convenience: where it cannot be made, the run's own path still works. Only a link is replaced.
fn point_latest_at(directory: &Path) {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else { return };
    let latest = parent.join("latest");
    if latest.exists() && !latest.is_symlink() {
        return;
    }
    let part = parent.join(format!(".latest-{}", std::process::id()));
    if std::os::unix::fs::symlink(name, &part).is_ok()
        && let Err(error) = fs_err::rename(&part, &latest)
    {
        tracing::warn!("{error}");
        drop(fs_err::remove_file(&part));
    }
}
