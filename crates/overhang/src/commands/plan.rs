//! `overhang plan`.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use analysis::{Forecast, Measured, Pilot, Thresholds};
use gateway::Meter;
use ledger::Plan;
use sandbox::pack::Pack;
use schemars::JsonSchema;
use serde::Serialize;
use spec::Resolved;
use vocabulary::{Arm, Limits, Program, sweep::Budget, text::harmless_line};

use crate::{
    cli::PlanArgs,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
    packs, prepare,
    program::program,
    runs::read,
    terminal::out_wrapped,
};

pub(crate) fn plan(arguments: &PlanArgs) -> Result<Exit, Failure> {
    // A plan leaves nothing behind.
    let scratch = tempfile::tempdir().map_err(Failure::other)?;
    let (project, resolved) = prepare::load(&arguments.sweep, Some(scratch.path()))?;
    let meter = prepare::check_meter(&arguments.sweep, &resolved)?;
    let packs = packs::built(&project, &resolved)?;
    let plan = prepare::plan(&resolved, &packs)?;
    let forecast = forecast(arguments, &resolved, &plan, &meter)?;
    let whole = packs.len() == resolved.harnesses.len();
    let digest = whole.then(|| plan.digest()).transpose().map_err(Failure::other)?;
    if arguments.json {
        json::print(Planned::new(&plan, &resolved, &packs, digest, &forecast))?;
        return Ok(Exit::Done);
    }
    for note in &resolved.notes {
        errln!("note: {note}");
    }
    out_wrapped(&told(&plan, &resolved, &packs, &forecast));
    if let Some(digest) = digest {
        outln!("plan {digest}");
    }
    Ok(Exit::Done)
}

/// What a sweep would run, find and cost, for people.
fn told(plan: &Plan, resolved: &Resolved, packs: &BTreeMap<String, Pack>, forecast: &Forecast) -> String {
    let sweep = &plan.sweep;
    let mut out = format!(
        "{}: {} trials = {} models × {} arms × {} tasks × {} attempts\n{}",
        sweep.name,
        plan.trials.len(),
        sweep.models.len(),
        sweep.arms.len(),
        plan.tasks.len(),
        sweep.attempts,
        report::forecast(forecast, &sweep.budget.meter)
    );
    if let Some(line) = called(&difficulty(resolved)) {
        let _ = writeln!(out, "{line}");
    }
    let limits = &sweep.limits;
    let _ = writeln!(
        out,
        "limits of a trial: CPUs {}; cut off beyond {} MiB of memory (and what its harness needs), {} processes, \
         {} MiB of disk, {} s of the agent's time; where a task says otherwise, that counts",
        limits.cpus, limits.memory_mb, limits.pids, limits.disk_mb, limits.wall_time_sec
    );
    for one in &resolved.harnesses {
        let state = packs.get(&one.name).map_or_else(
            || format!("no pack yet; `overhang harness build {}` or `overhang run` makes it", one.name),
            |pack| format!("pack {}", packs::short(&pack.manifest.digest)),
        );
        let _ = writeln!(out, "{} {}: {state}", one.name, one.version);
    }
    out
}

/// How many tasks there are of each difficulty, as their files call it; those that do not say are not counted.
fn difficulty(resolved: &Resolved) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in resolved.tasks.iter().filter_map(spec::Task::difficulty) {
        *counts.entry(harmless_line(word).into_owned()).or_default() += 1;
    }
    counts
}

/// A floor or a ceiling is better seen coming. Nothing where no task says how difficult it is.
fn called(counts: &BTreeMap<String, usize>) -> Option<String> {
    let usual = ["easy", "medium", "hard"];
    let (known, others): (Vec<_>, Vec<_>) =
        counts.iter().partition(|(word, _)| usual.contains(&word.as_str()));
    let known = usual.iter().filter_map(|word| known.iter().find(|(one, _)| one == word).copied());
    let counts: Vec<String> = known.chain(others).map(|(word, count)| format!("{count} {word}")).collect();
    (!counts.is_empty()).then(|| {
        format!(
            "tasks as their authors call them: {}; where a model solves nothing in any arm, or all in each, no gap can \
             be seen",
            counts.join(", ")
        )
    })
}

/// What a sweep would run, find and cost.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Planned<'a> {
    /// This program.
    program: Program,
    /// The sweep's name.
    sweep: &'a str,
    /// SHA-256 of the plan; `null` before every pack of it is built.
    digest: Option<String>,
    /// Model ids.
    models: &'a [String],
    /// The arms.
    arms: &'a [Arm],
    /// Task ids.
    tasks: Vec<&'a str>,
    /// How many tasks there are of each difficulty, by the word in their files; those that have none are not counted.
    difficulty: BTreeMap<String, usize>,
    /// Attempts per model, arm and task.
    attempts: u32,
    /// Budget per trial, and the meter.
    budget: &'a Budget,
    /// Limits of a trial; where a task says otherwise, that counts.
    limits: &'a Limits,
    /// The harnesses of its arms.
    harnesses: Vec<PlannedHarness<'a>>,
    /// What it can find and cost.
    forecast: &'a Forecast,
    /// What is to be known of it, in words.
    notes: &'a [String],
}

impl Document for Planned<'_> {}

/// One harness of a sweep.
#[derive(Serialize, JsonSchema)]
struct PlannedHarness<'a> {
    /// Its name.
    name: &'a str,
    /// Its pinned version.
    version: &'a str,
    /// SHA-256 of its pack; `null` where it is not built yet.
    pack: Option<&'a str>,
}

impl<'a> Planned<'a> {
    fn new(
        plan: &'a Plan,
        resolved: &'a Resolved,
        packs: &'a BTreeMap<String, Pack>,
        digest: Option<String>,
        forecast: &'a Forecast,
    ) -> Self {
        let harnesses = resolved.harnesses.iter().map(|harness| PlannedHarness {
            name: &harness.name,
            version: &harness.version,
            pack: packs.get(&harness.name).map(|pack| pack.manifest.digest.as_str()),
        });
        let sweep = &plan.sweep;
        Self {
            program: program(),
            sweep: &sweep.name,
            digest,
            models: &sweep.models,
            arms: &sweep.arms,
            tasks: plan.tasks.keys().map(String::as_str).collect(),
            difficulty: difficulty(resolved),
            attempts: sweep.attempts,
            budget: &sweep.budget,
            limits: &sweep.limits,
            harnesses: harnesses.collect(),
            forecast,
            notes: &resolved.notes,
        }
    }
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
    plan_of_sweep: &Plan,
    meter: &Meter,
) -> Result<Forecast, Failure> {
    let pilot = match &arguments.pilot {
        Some(run) => {
            let (directory, plan, record) = read(run)?;
            let pilot = Pilot::of(Measured { plan: &plan, record: &record }, &plan_of_sweep.sweep.models);
            let real = resolved.models.iter().find(|profile| !plan_of_sweep.simulated.contains(&profile.id));
            if let Some(real) = real.filter(|_| pilot.simulated) {
                return Err(Failure::Input(format!(
                    "a simulated model answered in {}: it teaches nothing about `{}`; take a pilot of a real model",
                    run.display(),
                    real.id
                )));
            }
            let others = plan_of_sweep.sweep.models.iter().filter(|model| !plan.sweep.models.contains(model));
            let others: Vec<String> = others.map(|model| format!("`{model}`")).collect();
            if !others.is_empty() {
                return Err(Failure::Input(format!(
                    "{} is no pilot for {}: it was run with {}",
                    run.display(),
                    others.join(", "),
                    plan.sweep.models.join(", ")
                )));
            }
            let of_run = analysis::analyse(&plan, &record, &Thresholds::of(&plan));
            if let Some(why) = of_run.want_of_scores().or_else(|| of_run.distrust()) {
                return Err(Failure::Input(format!("{} teaches nothing: {why}", run.display())));
            }
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
    let thresholds = Thresholds::of(plan_of_sweep);
    Ok(analysis::forecast(plan_of_sweep, pilot.as_ref(), usd_per_unit, arguments.detect, &thresholds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difficulties_are_told_in_their_order() {
        let counts =
            [("hard", 1), ("easy", 2), ("fiendish", 1)].map(|(word, count)| (word.to_owned(), count));
        let told = called(&BTreeMap::from(counts)).unwrap();
        assert!(told.starts_with("tasks as their authors call them: 2 easy, 1 hard, 1 fiendish;"), "{told}");
        assert_eq!(called(&BTreeMap::new()), None);
    }
}
