//! `overhang doctor`: one line each, with the fix.

use std::path::Path;

use gateway::{KeySources, Keys};
use sandbox::{Engine, Storage};
use schemars::JsonSchema;
use serde::Serialize;
use spec::{
    model::{Auth, Endpoint},
    project::Project,
};
use vocabulary::{Program, text::harmless};

use crate::{
    cli::DoctorArgs,
    engine,
    exit::Exit,
    failure::Failure,
    folders,
    json::{self, Document},
    packs,
    program::program,
    terminal::out_styled,
};

/// Less free disk than this is worth a warning, in bytes.
const FREE_DISK: u64 = 10 << 30;

/// What there is of all that a run needs, and what is missing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Looked<'a> {
    /// This program.
    program: Program,
    /// Whether nothing is bad; a warning stops only what needs it.
    ready: bool,
    /// Everything that was looked at, in order.
    lines: &'a [Line],
}

impl Document for Looked<'_> {}

/// One thing that was looked at.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "state", content = "message")]
pub(crate) enum Line {
    /// As it should be.
    #[serde(rename = "ok")]
    Good(String),
    /// In the way of some sweeps; the message has the fix.
    #[serde(rename = "warn")]
    Warning(String),
    /// In the way of every run; the message has the fix.
    #[serde(rename = "bad")]
    Bad(String),
}

pub(crate) async fn doctor(arguments: &DoctorArgs) -> Result<Exit, Failure> {
    let mut lines = vec![platform()];
    let engine = engine::connect().await;
    match &engine {
        Err(error) => lines.push(Line::Bad(error.to_string())),
        Ok(engine) => engine_lines(&**engine, &mut lines).await,
    }
    match Project::find(Path::new(".")) {
        Err(error) => lines.push(Line::Bad(error.render(false).trim_end().to_owned())),
        Ok(project) => project_lines(&project, &mut lines),
    }
    let bad = lines.iter().any(|line| matches!(line, Line::Bad(_)));
    if arguments.json {
        json::print(Looked { program: program(), ready: !bad, lines: &lines })?;
    } else {
        print(&lines);
    }
    Ok(match engine {
        Err(_) => Exit::NoEngine,
        Ok(_) => Exit::done_if(!bad),
    })
}

fn print(lines: &[Line]) {
    for line in lines {
        use anstyle::AnsiColor::{Green, Red, Yellow};
        let (style, word, text) = match line {
            Line::Good(text) => (Green.on_default(), "ok  ", text),
            Line::Warning(text) => (Yellow.on_default(), "warn", text),
            Line::Bad(text) => (Red.on_default(), "bad ", text),
        };
        out_styled(&format!("{style}{word}{style:#}  {}\n", harmless(text)));
    }
}

fn platform() -> Line {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    if (system, machine) == ("linux", "x86_64") {
        Line::Good(format!("platform {system} on {machine}"))
    } else {
        Line::Bad(format!("platform {system} on {machine}: only Linux on x86-64 is supported for now"))
    }
}

async fn engine_lines(engine: &dyn Engine, lines: &mut Vec<Line>) {
    match engine.facts().await {
        Err(error) => lines.push(Line::Bad(error.to_string())),
        Ok(facts) => {
            let details = facts.details.iter().map(|(name, value)| format!(", {name} {value}"));
            lines.push(Line::Good(format!(
                "engine {} {}{}, {} CPUs, {} GiB",
                engine.name(),
                facts.version,
                details.collect::<String>(),
                facts.cpus,
                facts.memory_bytes >> 30
            )));
            lines.extend(facts.storage.map(|Storage { place, free_bytes, hint }| match free_bytes {
                Some(free) if free < FREE_DISK => {
                    Line::Warning(format!("disk: {} GiB free at {}: {hint}", free >> 30, place.display()))
                }
                Some(free) => Line::Good(format!("disk: {} GiB free at {}", free >> 30, place.display())),
                None => Line::Warning(format!("disk: cannot look at {}", place.display())),
            }));
        }
    }
    lines.extend(engine.quirks().into_iter().map(|quirk| Line::Warning(format!("engine: {quirk}"))));
    for (image, use_) in [
        ("overhang/base:1", "the tasks"),
        ("overhang/javascript:1", "tasks in JavaScript"),
        ("overhang/rust:1", "tasks in Rust"),
        ("overhang/pack-builder:1", "building packs"),
    ] {
        lines.push(match engine.find_image(image).await {
            Ok(Some(_)) => Line::Good(format!("image {image}")),
            Ok(None) => Line::Warning(format!("image {image}, for {use_}, is missing: run ./scripts/setup")),
            Err(error) => Line::Bad(error.to_string()),
        });
    }
    match engine.list(None).await {
        Ok(containers) if containers.is_empty() => lines.push(Line::Good("containers: none of ours".into())),
        Ok(containers) => lines.push(Line::Good(format!(
            "containers: {} of ours; those of dead owners are removed when a run starts",
            containers.len()
        ))),
        Err(error) => lines.push(Line::Bad(error.to_string())),
    }
}

fn project_lines(project: &Project, lines: &mut Vec<Line>) {
    for folder in folders::harnesses(project) {
        lines.push(match spec::harness::load(&folder) {
            Err(error) => Line::Bad(error.render(false).trim_end().to_owned()),
            Ok(harness) => match packs::find(&harness, &folder) {
                Ok(Some(pack)) => Line::Good(format!(
                    "pack {} {}, {} MB",
                    harness.name,
                    pack.manifest.version,
                    pack.manifest.bytes / 1_000_000
                )),
                Ok(None) => Line::Warning(format!(
                    "pack {} {} is not built: `overhang harness build {}`, or `overhang run` does it",
                    harness.name, harness.version, harness.name
                )),
                Err(error) => Line::Bad(format!("pack {}: {error}", harness.name)),
            },
        });
    }
    let sources = KeySources::beside(&project.root).unwrap_or_else(|error| {
        lines.push(Line::Bad(error));
        KeySources::default()
    });
    for file in folders::models(project) {
        lines.push(match spec::model::load(&file) {
            Err(error) => Line::Bad(error.render(false).trim_end().to_owned()),
            Ok(model) => {
                let (needed, unset) = (Keys::needed(&model), sources.unset(&model));
                match (needed.as_slice(), unset.as_slice()) {
                    ([], _) => Line::Good(format!("model {}: {}", model.id, keyless(&model))),
                    (_, []) => Line::Good(format!("model {}: key in {}", model.id, needed.join(", "))),
                    (_, unset) => Line::Warning(format!(
                        "model {}: no key; set {} to use it",
                        model.id,
                        unset.join(", ")
                    )),
                }
            }
        });
    }
}

/// How a model is asked that needs nothing of the environment.
fn keyless(model: &spec::Model) -> String {
    let endpoint = model.endpoint.as_ref();
    let file = endpoint.and_then(|endpoint| endpoint.key_file.as_ref());
    match (file, endpoint.and_then(|endpoint| endpoint.key_command.as_ref()), endpoint.map(Endpoint::auth)) {
        (Some(file), ..) => format!("key in {file}"),
        (None, Some(_), _) => "key from a command".to_owned(),
        (None, None, Some(Auth::Metadata)) => "a token of the machine's".to_owned(),
        _ => "needs no key".to_owned(),
    }
}
