//! `overhang clean`.

use std::{path::Path, time::Duration};

use sandbox::{Leftover, pack};
use spec::project::Project;

use crate::{cli::CleanArgs, engine, exit::Exit, failure::Failure, folders};

const DAY: u64 = 86_400;

pub(crate) async fn clean(arguments: &CleanArgs) -> Result<Exit, Failure> {
    let engine = engine::connect().await?;
    let older = Duration::from_secs(u64::from(arguments.older_than) * DAY);
    let leftovers = sandbox::leftovers(&*engine, older, &needed()).await?;
    for why in &leftovers.kept {
        anstream::eprintln!("kept: {why}");
    }
    let (mut gone, mut bytes, mut failed) = (0, 0, false);
    for leftover in &leftovers.found {
        if arguments.yes
            && let Err(error) = sandbox::discard(&*engine, leftover).await
        {
            anstream::eprintln!("kept: {} {}: {error}", leftover.kind, leftover.name);
            failed = true;
            continue;
        }
        anstream::println!("{}", told(leftover));
        gone += 1;
        bytes += leftover.bytes.unwrap_or(0);
    }
    let what = if arguments.yes { "removed" } else { "can go; --yes removes it" };
    anstream::eprintln!("{gone} things of {} MB at most {what}", bytes / 1_000_000);
    Ok(Exit::done_if(!failed))
}

/// Packs of the project's harnesses as they are now.
fn needed() -> Vec<std::path::PathBuf> {
    let Ok(project) = Project::find(Path::new(".")) else { return Vec::new() };
    let store = pack::default_store();
    let packs = folders::harnesses(&project).into_iter().filter_map(|folder| {
        let harness = spec::harness::load(&folder).ok()?;
        let pack = pack::find(&harness, &folder, &store).ok()??;
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
