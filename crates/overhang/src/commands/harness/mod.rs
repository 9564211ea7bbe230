//! `overhang harness`: `build` here, the others in files of their own.

pub(super) mod check;
pub(super) mod list;
pub(super) mod new;
pub(super) mod shell;
mod terminal;

use std::path::Path;

use spec::{Harness, project::Project};

use crate::{engine, exit::Exit, failure::Failure, folders, packs, signals::interrupted};

pub(crate) async fn build(names: &[String]) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let wanted = if names.is_empty() { all(&project)? } else { all_named(&project, names)? };
    let engine = engine::connect().await?;
    for harness in &wanted {
        tokio::select! {
            built = packs::build(&*engine, &project, harness) => drop(built?),
            () = interrupted() => {
                engine.settled().await;
                return Err(Failure::Interrupted);
            }
        }
    }
    Ok(Exit::Done)
}

fn all(project: &Project) -> Result<Vec<Harness>, Failure> {
    Ok(folders::harnesses(project)
        .iter()
        .map(|folder| spec::harness::load(folder))
        .collect::<Result<_, _>>()?)
}

/// The harness of this name. Another one's folder may be in whatever state it is.
fn named(project: &Project, name: &str) -> Result<Harness, Failure> {
    let folders = folders::harnesses(project);
    if let Some(folder) = folders.iter().find(|folder| folder.ends_with(name)) {
        return Ok(spec::harness::load(folder)?);
    }
    let known: Vec<_> = folders.iter().filter_map(|folder| folder.file_name()?.to_str()).collect();
    let near = spec::nearest_name(name, known.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    Err(Failure::Input(format!("no harness is named `{name}`; {near}there are {}", known.join(", "))))
}

fn all_named(project: &Project, names: &[String]) -> Result<Vec<Harness>, Failure> {
    names.iter().map(|name| named(project, name)).collect()
}
