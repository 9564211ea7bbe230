//! `overhang lock`.

use std::{collections::BTreeSet, path::Path};

use ledger::{Event, Plan, RunDir, registration};
use spec::{Resolved, task::Split};
use vocabulary::{Arm, Deviation, Hypotheses, Registered, Registration};

use super::run::refuse_other;
use crate::{
    cli::{DeviateArgs, LockArgs, LockCommand},
    engine,
    exit::Exit,
    failure::Failure,
    packs, prepare,
    program::program,
    runs::{open_to_write, refuse_unsigned, within},
};

pub(crate) async fn lock(arguments: &LockArgs) -> Result<Exit, Failure> {
    if let Some(LockCommand::Deviate(arguments)) = &arguments.command {
        return deviate(arguments);
    }
    let (Some(sweep), Some(hypotheses)) = (&arguments.sweep, &arguments.hypotheses) else {
        return Err(Failure::Input("give a sweep, and --hypotheses".into()));
    };
    let (project, resolved) = prepare::load(sweep, None)?;
    prepare::check_meter(sweep, &resolved)?;
    let hypotheses = spec::hypotheses::load(hypotheses, &resolved.sweep)?;
    let engine = engine::connect().await?;
    let packs = packs::all(&*engine, &project, &resolved).await?;
    let plan = prepare::plan(&resolved, &packs)?;
    if !arguments.i_know {
        refuse_changed_prompts(&project.root.join("runs"), &resolved, &plan)?;
    }
    let directory = match &arguments.run_dir {
        Some(directory) => directory.clone(),
        None => prepare::run_dir(&project, &plan)?,
    };
    refuse_other(&directory, &plan)?;
    let run = RunDir::at(&directory);
    let file = directory.join(registration::FILE);
    if let Some(why) = begun(&run, &file)? {
        return Err(Failure::Input(format!("{}: {why}", directory.display())));
    }
    run.prepare(&plan)?;
    let registration = register(&plan, hypotheses)?;
    let text = serde_json::to_string_pretty(&registration).map_err(Failure::other)?;
    fs_err::write(&file, text + "\n").map_err(Failure::other)?;
    errln!("wrote {}; keep it, and publish what follows where you cannot change it", file.display());
    outln!("plan {}", registration.registered.plan);
    outln!("commitment {}", registration::commitment(&registration).map_err(Failure::other)?);
    errln!("go on with `overhang run {}`", sweep.display());
    Ok(Exit::Done)
}

/// Why nothing can be registered for a run any more; `None` where it can.
fn begun(run: &RunDir, file: &Path) -> Result<Option<&'static str>, Failure> {
    if file.exists() {
        return Ok(Some(
            "something is registered already: take registration.json away to register something else, as long as no trial has begun",
        ));
    }
    if !run.path().join("run.json").is_file() {
        return Ok(None);
    }
    let mut started = false;
    run.each_line(|line| -> Result<(), ledger::run::RunError> {
        started |= matches!(line.event, Event::Started { .. });
        Ok(())
    })?;
    Ok(started.then_some("its trials have begun: what is registered now would be exploratory all the same"))
}

fn register(plan: &Plan, hypotheses: Hypotheses) -> Result<Registration, Failure> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(Failure::other)?;
    let Hypotheses { hypotheses, exclusions, due } = hypotheses;
    Ok(Registration {
        nonce: evidence::hex::text(&nonce),
        registered: Registered {
            plan: plan.digest().map_err(Failure::other)?,
            program: program(),
            at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            hypotheses,
            exclusions,
            due,
        },
    })
}

/// Refuses prompts that are not those with which an earlier run looked at the same tasks of the split `test`.
fn refuse_changed_prompts(runs: &Path, resolved: &Resolved, plan: &Plan) -> Result<(), Failure> {
    let on_test = resolved.tasks.iter().filter(|task| task.split() == Some(Split::Test));
    let on_test: BTreeSet<&str> = on_test.map(|task| task.id.as_str()).collect();
    for path in within(runs) {
        let Ok(before) = RunDir::at(&path).plan() else { continue };
        if !before.tasks.keys().any(|task| on_test.contains(task.as_str())) {
            continue;
        }
        let changed = plan
            .prompts
            .iter()
            .find(|(name, digest)| before.prompts.get(*name).is_some_and(|was| was != *digest));
        if let Some((name, _)) = changed {
            return Err(Failure::Input(format!(
                "the prompt `{name}` was changed after {} had looked at tasks of the split `test`\nhelp: tune prompts on the split `dev`; with --i-know it is registered all the same, and you have to say so",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Adds what was done otherwise to the run's ledger.
fn deviate(arguments: &DeviateArgs) -> Result<Exit, Failure> {
    let DeviateArgs { run: path, why, by, arm } = arguments;
    refuse_unsigned(why, by)?;
    let run = open_to_write(path)?;
    let plan = run.plan()?;
    let known = |name: &String| -> Result<Arm, Failure> {
        let found = plan.sweep.arms.iter().find(|arm| arm.to_string() == *name);
        found.cloned().ok_or_else(|| {
            let arms: Vec<String> = plan.sweep.arms.iter().map(ToString::to_string).collect();
            Failure::Input(format!("the run has no arm `{name}`: it has {}", arms.join(", ")))
        })
    };
    let arms = arm.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    let (mut ledger, _) = run.open()?;
    let deviation = Deviation { why: why.trim().to_owned(), by: by.trim().to_owned(), arms };
    ledger.append(&[Event::Deviated(deviation)]).map_err(Failure::other)?;
    outln!("{}: noted", path.display());
    Ok(Exit::Done)
}
