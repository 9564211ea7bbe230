//! `overhang run`.

use std::{io::IsTerminal, path::Path, sync::Arc};

use gateway::Keys;
use ledger::{PlannedTrial, RunDir};
use report::{Format, View};
use runner::{Finished, Recording, Runner, plan::Selection};

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
        Some(directory) => directory.clone(),
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
    errln!("run {}: {total} of {} planned trials", directory.display(), plan.trials.len());

    let stop = signals::drain_on_interrupt();
    let progress = std::io::stderr().is_terminal() && !arguments.no_progress;
    trial_log::write_below(&directory);
    let (observer, live) = live::watch(&RunDir::at(&directory), &plan, &selection, progress);
    let runner = Runner::builder(program())
        .keys(keys)
        .preflights(preflights)
        .recording(recording)
        .selection(selection)
        .retry_infra(arguments.retry_infra)
        .probe(!arguments.no_probe)
        .concurrency(arguments.concurrency)
        .observer(Arc::new(observer))
        .build(engine, project, resolved, packs, plan, RunDir::at(&directory));
    let finished = Box::pin(runner.run(stop)).await;
    live.finish();
    point_latest_at(&directory);
    let finished = finished?;
    let (analysis, run) = (runs::analyse(&directory)?, RunDir::at(&directory));
    let view = View::Report(&analysis, &run);
    out_styled(&Format::Terminal.render(view, width()).map_err(Failure::other)?);
    let again = "the same command resumes the run";
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
                "paused at {} of {}; go on with `overhang run {}`",
                analysis.ended,
                analysis.planned,
                arguments.sweep.display()
            );
            Ok(Exit::Interrupted)
        }
        Finished::ArmStopped => {
            errln!(
                "an arm was stopped because its trials all end alike; they are missing until, with that mended, {again}"
            );
            Ok(Exit::Failed)
        }
        Finished::CapReached => {
            errln!("the spend cap is reached: raise spend_cap_usd; with a new plan, a new run begins");
            Ok(Exit::Failed)
        }
    }
}

/// The run that is to answer, when one is named.
fn recording(arguments: &RunArgs) -> Result<Option<Recording>, Failure> {
    let read = |run| Recording::read(&runs::open(run)?, arguments.require_hit).map_err(Failure::input);
    arguments.replay.as_deref().map(read).transpose()
}

/// `runs/latest` is a convenience: where it cannot be made, the run's own path still works.
fn point_latest_at(directory: &Path) {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else { return };
    let part = parent.join(format!(".latest-{}", std::process::id()));
    if std::os::unix::fs::symlink(name, &part).is_ok()
        && let Err(error) = fs_err::rename(&part, parent.join("latest"))
    {
        tracing::warn!("{error}");
        drop(fs_err::remove_file(&part));
    }
}
