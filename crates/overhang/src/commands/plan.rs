//! `overhang plan`.

use std::path::Path;

use analysis::{Forecast, Measured, Pilot, Thresholds};
use gateway::Meter;
use ledger::Plan;
use spec::Resolved;

use crate::{cli::PlanArgs, exit::Exit, failure::Failure, packs, prepare, runs::read};

pub(crate) fn plan(arguments: &PlanArgs) -> Result<Exit, Failure> {
    // A plan leaves nothing behind.
    let scratch = tempfile::tempdir().map_err(Failure::other)?;
    let (project, resolved) = prepare::load(&arguments.sweep, Some(scratch.path()))?;
    let meter = prepare::check_meter(&arguments.sweep, &resolved)?;
    let packs = packs::built(&project, &resolved)?;
    let plan = prepare::plan(&resolved, &packs)?;
    for note in &resolved.notes {
        anstream::eprintln!("note: {note}");
    }
    anstream::println!(
        "{}: {} trials = {} models × {} arms × {} tasks × {} attempts",
        plan.sweep.name,
        plan.trials.len(),
        plan.sweep.models.len(),
        plan.sweep.arms.len(),
        plan.tasks.len(),
        plan.sweep.attempts
    );
    let forecast = forecast(arguments, &resolved, &plan, &meter)?;
    anstream::print!("{}", report::forecast(&forecast, &plan.sweep.budget.meter));
    let limits = &plan.sweep.limits;
    anstream::println!(
        "limits of a trial: CPUs {}; cut off beyond {} MiB of memory (and what its harness needs), {} processes, \
         {} MiB of disk, {} s of the agent's time; where a task says otherwise, that counts",
        limits.cpus,
        limits.memory_mb,
        limits.pids,
        limits.disk_mb,
        limits.wall_time_sec
    );
    for one in &resolved.harnesses {
        let state = packs.get(&one.name).map_or_else(
            || format!("no pack yet; `overhang harness build {}` or `overhang run` makes it", one.name),
            |pack| format!("pack {}", packs::short(&pack.manifest.digest)),
        );
        anstream::println!("{} {}: {state}", one.name, one.version);
    }
    if packs.len() == resolved.harnesses.len() {
        anstream::println!("plan {}", plan.digest().map_err(Failure::other)?);
    }
    Ok(Exit::Done)
}

/// Bytes of all files below a folder; what cannot be looked at counts nothing.
fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().flat_map(|entry| entry.metadata());
    files.filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}

/// What the sweep can find and cost.
fn forecast(
    arguments: &PlanArgs,
    resolved: &Resolved,
    plan: &Plan,
    meter: &Meter,
) -> Result<Forecast, Failure> {
    let pilot = match &arguments.pilot {
        Some(run) => {
            let (directory, plan, record) = read(run)?;
            let pilot = Pilot::of(Measured { plan: &plan, record: &record });
            let trials = pilot.trials as f64;
            let bytes = (trials > 0.0).then(|| size(directory.path()) as f64 / trials);
            Some(Pilot { bytes, ..pilot })
        }
        None => None,
    };
    let usd_per_unit = |model: &str| {
        let prices = resolved.models.iter().find(|profile| profile.id == model)?.prices.as_ref()?;
        meter.bind(Some(prices)).ok()?.usd_per_unit(prices)
    };
    Ok(analysis::forecast(plan, pilot.as_ref(), usd_per_unit, arguments.detect, &Thresholds::of(plan)))
}
