//! `overhang harness check`.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anstyle::{AnsiColor, Style};
use kit::{Conformance, LastCheck, Subject, Verdict};
use runner::Stop;
use sandbox::{
    Engine,
    pack::{self, PackError},
};
use schemars::JsonSchema;
use serde::Serialize;
use spec::{Harness, Project};
use vocabulary::text::harmless;

use super::{all, all_named};
use crate::{
    cli::HarnessCheckArgs,
    engine,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
    packs::{self, refuse_unfilled},
    place::Place,
    program::program,
    signals::stop_on_interrupt,
    terminal::out_styled,
};

/// What the checks found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Checks<'a> {
    /// One per harness.
    harnesses: &'a [Conformance],
}

impl Document for Checks<'_> {}

pub(crate) async fn check(arguments: &HarnessCheckArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let wanted = if arguments.all { all(&project)? } else { all_named(&project, &arguments.names)? };
    let engine = engine::connect().await?;
    let stop = stop_on_interrupt();
    let mut found = Vec::new();
    for harness in &wanted {
        let one = Box::pin(check_one(&engine, &project, harness, &stop, arguments)).await;
        if stop.kill.is_cancelled() {
            engine.settled().await;
            return Err(Failure::Interrupted);
        }
        let one = one?;
        // Only for `harness list`: what was found is told all the same.
        if arguments.corpus.is_none()
            && let Err(error) = LastCheck::new(&one, harness).keep(&checks(), &harness.name)
        {
            tracing::warn!(%error, "the check was not kept");
        }
        if !arguments.json {
            out_styled(&table(&one));
        }
        found.push(one);
    }
    if arguments.json {
        json::print(Checks { harnesses: &found })?;
    }
    Ok(Exit::done_if(found.iter().all(Conformance::passed)))
}

async fn check_one(
    engine: &Arc<dyn Engine>,
    project: &Project,
    harness: &Harness,
    stop: &Stop,
    arguments: &HarnessCheckArgs,
) -> Result<Conformance, Failure> {
    let say = |line: &str| errln!("{}: {line}", harness.name);
    let folder = project.harness_dir(&harness.name);
    refuse_unfilled(&folder)?;
    let (recipe, store) = (packs::recipe(harness, &folder), pack::default_store());
    let building = stop.kill.run_until_cancelled(pack::build(&**engine, &recipe, &store, &say));
    let pack = match building.await.ok_or(Failure::Interrupted)? {
        Ok(pack) => pack,
        Err(error @ (PackError::Engine(_) | PackError::Io(_))) => return Err(Failure::other(error)),
        Err(error) => return Ok(kit::without_pack(harness, &folder, &error)),
    };
    let subject = Subject { engine, project, harness, pack, program: program(), stop: stop.clone() };
    let place = Place::new(project, &format!("check-{}", harness.name), arguments.keep)?;
    let found = match &arguments.corpus {
        Some(corpus) => kit::odd_answers(&subject, corpus, place.path(), &say).await,
        None => kit::check(&subject, place.path(), &say).await,
    };
    let found = found.map_err(Failure::other);
    if let Some(path) = place.kept() {
        say(&format!("each trial's run is kept: overhang show {}/plain/run", path.display()));
    }
    found
}

/// Where the last check of each harness is kept.
pub(super) fn checks() -> PathBuf {
    sandbox::cache_directory().join("checks")
}

/// One line a check, then each failure with the line it is about.
fn table(found: &Conformance) -> String {
    let mut out = String::new();
    let measured = |name: &str| found.measured.get(name).copied();
    // Writing to a string cannot fail.
    let _ = write!(out, "{} {}", found.harness, found.version);
    if let (Some(size), Some(seconds)) = (measured("pack_mb"), measured("check_sec")) {
        let _ = write!(out, "  pack of {size:.0} MB, checked in {seconds:.0} s");
    }
    out.push('\n');
    let width = found.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in &found.checks {
        let (word, style) = match check.verdict {
            Verdict::Pass => ("pass", AnsiColor::Green.on_default()),
            Verdict::Fail => ("FAIL", AnsiColor::Red.on_default().bold()),
            Verdict::NotApplicable => ("n/a ", Style::new().dimmed()),
        };
        let _ = writeln!(
            out,
            "  {style}{word}{style:#}  {:width$}  {}",
            check.name,
            harmless(first_line(&check.reason))
        );
    }
    for error in found.checks.iter().filter_map(|check| check.finding.as_ref()?.error.as_ref()) {
        let _ = write!(out, "\n{}", error.render(true));
    }
    let _ = writeln!(
        out,
        "{} passed, {} failed, {} not applicable\n",
        found.count(Verdict::Pass),
        found.count(Verdict::Fail),
        found.count(Verdict::NotApplicable)
    );
    out
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
