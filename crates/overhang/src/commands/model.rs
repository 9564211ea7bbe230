//! `overhang model import` and `overhang model check`.

use std::path::Path;

use jiff::{Zoned, civil::Date};
use spec::{
    Model, Project,
    catalogue::{self, Listing},
    model::Standing,
};

use crate::{
    cli::{ModelCheckArgs, ModelImportArgs},
    exit::Exit,
    failure::Failure,
    folders,
};

/// After so many days a profile is held to be in need of another look.
const STALE_DAYS: i32 = 90;
/// The catalogue has some 2 MB.
const LARGEST: usize = 64 << 20;

pub(crate) async fn import(arguments: &ModelImportArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let today = today();
    let found = listing(&arguments.from, &arguments.model).await?;
    let id = arguments.name.clone().unwrap_or_else(|| found.short_name());
    let file = project.model_file(&id);
    if file.exists() && !arguments.force {
        let path = file.display();
        return Err(Failure::Input(format!(
            "{path} is there already: `--force` writes over it, `--as NAME` beside it"
        )));
    }
    let model = found.profile(&id, &today.to_string()).map_err(Failure::input)?;
    let text = toml::to_string(&model).map_err(Failure::other)?;
    let text = format!("# Imported from {} ({}) on {today}.\n{text}", arguments.from, found.provider());
    fs_err::write(&file, text).map_err(Failure::other)?;
    // What was written is read again, so that a catalogue's odd value is told now and not by the first sweep.
    let model = spec::model::load(&file)?;
    outln!("{}", file.display());
    for line in looked_at(&model, &[], today) {
        errln!("{line}");
    }
    Ok(Exit::Done)
}

async fn listing(from: &str, wanted: &str) -> Result<Listing, Failure> {
    if from.starts_with("https://") || from.starts_with("http://") {
        let body = gateway::download(from, LARGEST).await.map_err(Failure::other)?;
        return catalogue::in_json(&String::from_utf8_lossy(&body), from, wanted).map_err(Failure::input);
    }
    let path = Path::new(from);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return catalogue::in_toml(path).map_err(Failure::input);
    }
    let text = fs_err::read_to_string(path).map_err(Failure::input)?;
    catalogue::in_json(&text, from, wanted).map_err(Failure::input)
}

pub(crate) fn check(arguments: &ModelCheckArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let files = folders::models(&project);
    let models = files.iter().map(|file| spec::model::load(file)).collect::<Result<Vec<_>, _>>()?;
    if let Some(unknown) = arguments.models.iter().find(|id| models.iter().all(|model| model.id != **id)) {
        let known: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        return Err(Failure::Input(format!(
            "no model is called `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    let mut warned = false;
    let wanted = |model: &&Model| arguments.models.is_empty() || arguments.models.contains(&model.id);
    for model in models.iter().filter(wanted) {
        let lines = looked_at(model, &models, today());
        warned |= lines.iter().any(|line| line.contains(WARNING));
        outln!("{}", heading(model));
        lines.iter().for_each(|line| outln!("{line}"));
    }
    Ok(Exit::done_if(!(warned && arguments.strict)))
}

const WARNING: &str = "warning: ";

fn heading(model: &Model) -> String {
    let reached = match &model.endpoint {
        Some(endpoint) => format!("{} at {}", endpoint.dialect, endpoint.base_url),
        None => "simulated".to_owned(),
    };
    format!("{} ({}): {reached}", model.id, model.vendor)
}

/// What there is to say of a profile: its nulls with their reasons, then what needs mending.
fn looked_at(model: &Model, all: &[Model], today: Date) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, standing) in model.standings() {
        match standing {
            Standing::Sourced => {}
            Standing::Unconfirmed(why) => lines.push(format!("  {key}: not confirmed: {why}")),
            Standing::Unsourced => {
                lines.push(format!("  {WARNING}`{key}` names no source: add facts.sources.{key}"))
            }
            Standing::Unexplained => {
                lines.push(format!(
                    "  {WARNING}`{key}` is absent: state it, or say why not in facts.unconfirmed.{key}"
                ));
            }
        }
    }
    if model.is_simulated() {
        return lines;
    }
    match model.facts.checked.as_deref().map(str::parse::<Date>) {
        Some(Ok(day)) => {
            let age = (today - day).get_days();
            if age > STALE_DAYS {
                lines.push(format!(
                    "  {WARNING}last checked {age} days ago: prices and limits may have changed"
                ));
            }
        }
        _ => lines.push(format!("  {WARNING}`facts.checked` is absent: nobody knows how old this is")),
    }
    if let Some(newer) = newer(model, all) {
        lines.push(format!("  {WARNING}`{}` of the same family was released later", newer.id));
    }
    lines
}

/// The newest profile of the same family and vendor that was released later.
fn newer<'m>(model: &Model, all: &'m [Model]) -> Option<&'m Model> {
    let family = model.facts.family.as_ref()?;
    all.iter()
        .filter(|other| other.facts.family.as_ref() == Some(family) && other.vendor == model.vendor)
        .filter(|other| other.released > model.released)
        .max_by(|a, b| a.released.cmp(&b.released))
}

fn today() -> Date {
    Zoned::now().date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str, more: &str) -> Model {
        let text = format!(
            "id = \"{id}\"\nvendor = \"V\"\nweights = \"closed\"\n{more}\n[endpoint]\ndialect = \"openai-chat\"\n\
             base_url = \"https://v.example\"\nmodel = \"m\"\n[limits]\ncontext = 10\noutput = 5\n"
        );
        toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn age_and_a_newer_one_of_the_family_are_told() {
        let facts = |checked: &str| format!("facts = {{ family = \"f\", checked = \"{checked}\" }}");
        let old = profile("old", &format!("released = \"2026-01-01\"\n{}", facts("2026-08-01")));
        let new = profile("new", &format!("released = \"2026-02-01\"\n{}", facts("2026-11-01")));
        let today: Date = "2026-11-22".parse().unwrap_or_default();
        let all = [old.clone(), new.clone()];
        let of = |model| looked_at(model, &all, today).join("\n");
        assert!(of(&old).contains("last checked 113 days ago"), "{}", of(&old));
        assert!(of(&old).contains("`new` of the same family"), "{}", of(&old));
        assert!(!of(&new).contains("days ago") && !of(&new).contains("same family"), "{}", of(&new));
    }
}
