//! `overhang model test`.

use std::path::Path;

use gateway::{KeySources, Keys, Refusal};
use ledger::Preflight;
use schemars::JsonSchema;
use serde::Serialize;
use spec::{Model, Project};
use vocabulary::Program;

use crate::{
    cli::ModelTestArgs,
    exit::Exit,
    failure::Failure,
    folders,
    json::{self, Document},
    preflight::spent,
    program::program,
};

/// Columns that a line fits in.
const WIDTH: usize = 80;
/// Columns before a value.
const INDENT: usize = 16;

/// What models showed when they were asked once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tested {
    /// This program.
    program: Program,
    /// Whether all of them answer.
    ready: bool,
    /// Each model, in the order asked for.
    models: Vec<TestedModel>,
}

impl Document for Tested {}

/// One model.
#[derive(Serialize, JsonSchema)]
struct TestedModel {
    /// Model id.
    model: String,
    /// Whether it answers.
    ready: bool,
    /// What it showed; `null` for one that does not answer, or is simulated.
    shown: Option<Preflight>,
    /// Why it does not answer, in words; `null` for one that does.
    refused: Option<String>,
    /// What to do about it; `null` for one that answers.
    fix: Option<String>,
}

pub(crate) async fn test(arguments: &ModelTestArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let models = named(&project, &arguments.models)?;
    let sources = KeySources::beside(&project.root).map_err(Failure::Input)?;
    let keys = Keys::from_sources(&models, &sources).map_err(Failure::input)?;
    let mut tested = Vec::new();
    for model in &models {
        let answer = if model.is_simulated() { None } else { Some(gateway::preflight(model, &keys).await) };
        if !arguments.json {
            out!("{}", told(model, answer.as_ref()));
        }
        tested.push(of(model, answer));
    }
    let ready = tested.iter().all(|model| model.ready);
    if arguments.json {
        json::print(Tested { program: program(), ready, models: tested })?;
    }
    Ok(Exit::done_if(ready))
}

fn named(project: &Project, ids: &[String]) -> Result<Vec<Model>, Failure> {
    let mut models = Vec::new();
    for id in ids {
        let file = project.model_file(id);
        if !file.is_file() {
            let files = folders::models(project);
            let known = files.iter().filter_map(|file| file.file_stem()).map(|name| name.to_string_lossy());
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(Failure::Input(format!("no model is called `{id}`; there are {known}")));
        }
        models.push(spec::model::load(&file)?);
    }
    Ok(models)
}

fn of(model: &Model, answer: Option<Result<Preflight, Refusal>>) -> TestedModel {
    let (shown, refusal) = match answer {
        None => (None, None),
        Some(Ok(shown)) => (Some(shown), None),
        Some(Err(refusal)) => (None, Some(refusal)),
    };
    TestedModel {
        model: model.id.clone(),
        ready: refusal.is_none(),
        shown,
        fix: refusal.as_ref().map(|refusal| refusal.fix.clone()),
        refused: refusal.map(|refusal| refusal.said),
    }
}

/// One model's lines.
fn told(model: &Model, answer: Option<&Result<Preflight, Refusal>>) -> String {
    let Some(endpoint) = &model.endpoint else {
        return format!("{}: simulated; there is nothing to ask\n", model.id);
    };
    let mut out = format!("{} ({}, {})\n", model.id, endpoint.dialect, endpoint.base_url);
    match answer {
        Some(Ok(shown)) => {
            for (label, text) in rows(endpoint.model.as_str(), shown) {
                out.push_str(&row(label, &text));
            }
            for warning in &shown.warnings {
                out.push_str(&row("warning", warning));
            }
        }
        Some(Err(refusal)) => {
            out.push_str(&row("refused", &refusal.said));
            out.push_str(&row("help", &refusal.fix));
        }
        None => {}
    }
    out
}

fn rows(asked: &str, shown: &Preflight) -> Vec<(&'static str, String)> {
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let name = match &shown.model_served {
        Some(served) if served != asked => format!("asked as {asked}, answers as {served}"),
        Some(served) => served.clone(),
        None => format!("{asked}; the answer does not say who it is of"),
    };
    let called = match shown.called_tool {
        Some(true) => "called",
        Some(false) => "offered, not called",
        None => "not offered: the bare loop reads commands from text",
    };
    let stream = if shown.streamed { "yes" } else { "no" };
    vec![
        ("name", name),
        ("stream", format!("{stream}, first byte after {:.1} s", shown.first_byte_seconds)),
        ("tool call", called.to_owned()),
        ("usage", list(&shown.usage_fields)),
        ("cache counts", list(&shown.cache_fields)),
        ("output limit", shown.limit_field.clone()),
        ("effort", shown.effort.clone().unwrap_or_else(|| "none sent".to_owned())),
        ("used", spent(shown)),
    ]
}

/// A label and a text, in lines of at most [`WIDTH`] columns where the words allow it.
fn row(label: &str, text: &str) -> String {
    let mut out = format!("  {label:<width$}", width = INDENT - 2);
    let mut column = INDENT;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > INDENT && column + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(INDENT));
            column = INDENT;
        }
        if column > INDENT {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_eighty_columns() {
        let fields: Vec<String> = (0..12).map(|number| format!("details_{number}.cached_tokens")).collect();
        let text = row("usage", &fields.join(", "));
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.starts_with("  usage         details_0"), "{text}");
        assert_eq!(row("help", "wait"), "  help          wait\n");
    }
}
