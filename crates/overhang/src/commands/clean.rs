//! `overhang clean`.

use std::{path::Path, time::Duration};

use sandbox::Leftover;
use schemars::JsonSchema;
use serde::Serialize;
use spec::project::Project;

use crate::{
    cli::CleanArgs,
    engine,
    exit::Exit,
    failure::Failure,
    folders,
    json::{self, Document},
    packs,
};

const DAY: u64 = 86_400;

pub(crate) async fn clean(arguments: &CleanArgs) -> Result<Exit, Failure> {
    let engine = engine::connect().await?;
    let older = Duration::from_secs(u64::from(arguments.older_than) * DAY);
    let leftovers = sandbox::leftovers(&*engine, older, &needed()).await?;
    for why in &leftovers.kept {
        errln!("kept: {why}");
    }
    let (mut found, mut failed) = (Vec::new(), false);
    for leftover in &leftovers.found {
        if arguments.yes
            && let Err(error) = sandbox::discard(&*engine, leftover).await
        {
            errln!("kept: {} {}: {error}", leftover.kind, leftover.name);
            failed = true;
            continue;
        }
        if !arguments.json {
            outln!("{}", told(leftover));
        }
        found.push(Found::of(leftover));
    }
    let bytes: u64 = found.iter().filter_map(|one| one.bytes).sum();
    let what = if arguments.yes { "removed" } else { "can go; --yes removes it" };
    errln!("{} things of {} MB at most {what}", found.len(), bytes / 1_000_000);
    if arguments.json {
        json::print(Cleaned { removed: arguments.yes, found, kept: leftovers.kept })?;
    }
    Ok(Exit::done_if(!failed))
}

/// What this machine no longer needs.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cleaned {
    /// Whether it was removed, or only listed.
    removed: bool,
    /// What was removed, or can be.
    found: Vec<Found>,
    /// What was not looked at, and why.
    kept: Vec<String>,
}

impl Document for Cleaned {}

/// One thing that can go.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// Its kind, as `container` or `build log`.
    kind: String,
    /// Its name.
    name: String,
    /// Its size; of an image with all layers, shared ones included; `null` where nobody knows.
    bytes: Option<u64>,
    /// Seconds since it was made; `null` of containers, which go because their owner is dead.
    age_seconds: Option<u64>,
}

impl Found {
    fn of(leftover: &Leftover) -> Self {
        Self {
            kind: leftover.kind.to_string(),
            name: leftover.name.clone(),
            bytes: leftover.bytes,
            age_seconds: leftover.age.map(|age| age.as_secs()),
        }
    }
}

/// Packs of the project's harnesses as they are now.
fn needed() -> Vec<std::path::PathBuf> {
    let Ok(project) = Project::find(Path::new(".")) else { return Vec::new() };
    let packs = folders::harnesses(&project).into_iter().filter_map(|folder| {
        let harness = spec::harness::load(&folder).ok()?;
        let pack = packs::find(&harness, &folder).ok()??;
        pack.dir.parent().map(Path::to_owned)
    });
    packs.collect()
}

fn told(leftover: &Leftover) -> String {
    let size =
        leftover.bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{} MB", bytes.div_ceil(1_000_000)));
    let why = match leftover.age {
        Some(age) => format!("{} days old", age.as_secs() / DAY),
        None => "its owner is dead".to_owned(),
    };
    format!("{:9}  {:>8}  {why:>17}  {}", leftover.kind, size, leftover.name)
}
