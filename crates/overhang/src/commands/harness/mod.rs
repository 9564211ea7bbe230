//! `overhang harness`: `build` and `list` here, the others in files of their own.

pub(super) mod check;
pub(super) mod new;
pub(super) mod shell;
mod terminal;

use std::path::Path;

use kit::LastCheck;
use sandbox::pack;
use spec::{Harness, project::Project};

use crate::{
    engine,
    exit::Exit,
    failure::Failure,
    folders,
    packs::{self, described},
    signals::interrupted,
};

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

pub(crate) fn list() -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let store = pack::default_store();
    let mut rows = vec![["bare", "", "", "built in", ""].map(str::to_owned)];
    let mut wrong = Vec::new();
    for folder in folders::harnesses(&project) {
        let harness = match spec::harness::load(&folder) {
            Ok(harness) => harness,
            Err(error) => {
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                rows.push([&name, "", "", "cannot be read", ""].map(str::to_owned));
                wrong.push(error);
                continue;
            }
        };
        let harness = &harness;
        let dialects: Vec<&str> = harness.dialects.iter().map(|dialect| dialect.as_str()).collect();
        let found =
            pack::find(harness, &project.harness_dir(&harness.name), &store).map_err(Failure::other)?;
        rows.push([
            harness.name.clone(),
            harness.version.clone(),
            dialects.join(" "),
            found.as_ref().map_or_else(|| "not built".to_owned(), described),
            last_check(harness, found.as_ref()),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    for [name, version, dialects, pack, check] in &rows {
        let line = format!(
            "{name:0$}  {version:1$}  {dialects:2$}  {pack:3$}  {check}",
            widths[0], widths[1], widths[2], widths[3]
        );
        anstream::println!("{}", line.trim_end());
    }
    if wrong.is_empty() { Ok(Exit::Done) } else { Err(Failure::Files(wrong)) }
}

/// When this machine last checked it, and what came of it.
fn last_check(harness: &Harness, pack: Option<&pack::Pack>) -> String {
    let Some(last) = LastCheck::find(&check::checks(), harness) else {
        return "not checked here".into();
    };
    let day = last.at.to_zoned(jiff::tz::TimeZone::system()).date();
    let outdated = match last.is_of(harness, pack.map(|pack| pack.manifest.digest.as_str())) {
        true => String::new(),
        false if last.version == harness.version => "; changed since".to_owned(),
        false => format!("; that was {}", last.version),
    };
    format!(
        "checked {day}: {} passed, {} failed, {} not applicable{outdated}",
        last.passed, last.failed, last.not_applicable
    )
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
