//! `overhang try`: one trial outside any sweep's file, watched.

use std::path::Path;

use ledger::RunDir;
use runner::Finished;
use spec::Project;

use crate::{
    cli::TryArgs,
    exit::Exit,
    failure::Failure,
    follow::{self, Follow},
    generated,
    place::Place,
    prepare,
    signals::stop_on_interrupt,
};

pub(crate) async fn try_task(arguments: &TryArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let TryArgs { harness, task, trial, keep } = arguments;
    let sweep = prepare::one_trial(&project, harness, task, trial)?;
    let resolved = project.resolve(&sweep, &prepare::variable, &generated::kept(&project.root))?;
    let keys = prepare::keys(&project, &resolved)?;
    for note in &resolved.notes {
        errln!("note: {note}");
    }
    let place = Place::new(&project, "try", *keep)?;
    let run = RunDir::at(place.path());
    let runner = prepare::one_runner(project, resolved, keys, run.clone()).await?;
    let [planned] = runner.plan().trials.as_slice() else {
        let trials = runner.plan().trials.len();
        return Err(Failure::other(format!("{trials} trials were planned instead of one")));
    };
    let trial = planned.id.clone();
    errln!("{trial} in {}{}", run.path().display(), place.fate());

    let mut follow = Follow::new(&run, runner.plan(), trial.clone());
    let mut running = Box::pin(runner.run(stop_on_interrupt()));
    let finished = loop {
        tokio::select! {
            finished = &mut running => break finished,
            () = tokio::time::sleep(follow::PAUSE) => follow.print_new()?,
        };
    };
    follow.print_new()?;
    let finished = finished?;
    if let Some(path) = place.kept() {
        errln!("overhang show {} {trial}", path.display());
    }
    Ok(match finished {
        Finished::Complete => Exit::Done,
        Finished::Stopped => Exit::Interrupted,
        Finished::ArmStopped | Finished::CapReached => Exit::Failed,
    })
}
