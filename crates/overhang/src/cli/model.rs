//! Arguments of `overhang model`.

use clap::{Args, Subcommand};

use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Write a profile from the public catalogue, so that nobody types prices by hand.
    #[command(
        after_help = "Examples:\n  overhang model import deepseek/deepseek-v4-pro\n  overhang model import glm-5.1 --from catalogue.json --as glm\n\nWhat the catalogue does not say is written down as unconfirmed, with the reason."
    )]
    Import(ModelImportArgs),
    /// List what each profile states without a source, what is null and why, and what has grown old.
    Check(ModelCheckArgs),
    /// Ask a model once, for a few tokens, as `overhang run` does before it builds anything: key, name, credit, tool
    /// calls, usage, cache counts, effort, output limit.
    #[command(after_help = format!(
        "{}\n\nExamples:\n  overhang model test glm-5.1\n  overhang model test glm-5.1 kimi-k2.6 --json | jq '.models[] | {{model, ready}}'",
        Exit::meanings(&[(Exit::Done, "all answer"), (Exit::Failed, "one does not"), (Exit::BadInput, "a profile or a key is missing")])
    ))]
    Test(ModelTestArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ModelImportArgs {
    /// The model's id in the catalogue: MODEL, or PROVIDER/MODEL where several serve it.
    pub(crate) model: String,
    /// The catalogue: an address or file of its JSON, or its TOML file of one model.
    #[arg(long, value_name = "FILE|URL", default_value = spec::catalogue::PUBLISHED)]
    pub(crate) from: String,
    /// The profile's id [default: the last part of the model's].
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write over a profile that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ModelTestArgs {
    /// Profiles.
    #[arg(required = true)]
    pub(crate) models: Vec<String>,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ModelCheckArgs {
    /// Profiles; all of them when none is named.
    pub(crate) models: Vec<String>,
    /// Exit with 1 when there is a warning.
    #[arg(long)]
    pub(crate) strict: bool,
}
