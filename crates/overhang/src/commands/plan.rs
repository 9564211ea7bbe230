//! `overhang plan`.

use std::process::ExitCode;

use crate::{
    cli::PlanArgs,
    commands::{harness, prepare},
    failure::Failure,
};

pub(crate) fn plan(arguments: &PlanArgs) -> Result<ExitCode, Failure> {
    let (project, resolved) = prepare::load(&arguments.sweep)?;
    prepare::check_meter(&arguments.sweep, &resolved)?;
    let packs = prepare::built(&project, &resolved)?;
    let plan = prepare::plan(&resolved, &packs)?;
    for note in &resolved.notes {
        anstream::eprintln!("note: {note}");
    }
    let budget = plan.sweep.budget.tokens;
    anstream::println!(
        "{}: {} trials = {} models × {} arms × {} tasks × {} attempts",
        plan.sweep.name,
        plan.trials.len(),
        plan.sweep.models.len(),
        plan.sweep.arms.len(),
        plan.tasks.len(),
        plan.sweep.attempts
    );
    anstream::println!(
        "at most {} units of the meter `{}`: {budget} per trial, retries apart",
        budget * plan.trials.len() as f64,
        plan.sweep.budget.meter
    );
    for one in &resolved.harnesses {
        let state = packs.get(&one.name).map_or_else(
            || format!("no pack yet; `overhang harness build {}` or `overhang run` makes it", one.name),
            |pack| format!("pack {}", harness::short(&pack.manifest.digest)),
        );
        anstream::println!("{} {}: {state}", one.name, one.version);
    }
    if packs.len() == resolved.harnesses.len() {
        anstream::println!("plan {}", plan.digest().map_err(Failure::other)?);
    }
    Ok(ExitCode::SUCCESS)
}
