//! The format of the public catalogue models.dev, and a profile made from one of its entries.
//!
//! The catalogue publishes one JSON object (providers, each with its models) and keeps its sources in TOML, one file
//! per model below `providers/PROVIDER/models/`, with `provider.toml` beside that folder. Both are read here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use vocabulary::Weights;

use crate::{
    Dialect, Model,
    model::{Claim, Endpoint, FactSource, Facts, Prices, Prompts, Sampling, TokenLimits, ToolCalls},
    nearest,
};

/// Where the catalogue is published, as JSON.
pub const PUBLISHED: &str = "https://models.dev/api.json";
/// The page a profile names as the source of what it took from there.
const PAGE: &str = "https://models.dev";

/// Why a catalogue gives no profile.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CatalogueError {
    #[error("{place} is not in the catalogue's format: {message}")]
    Format { place: String, message: String },
    #[error("the catalogue has no model `{wanted}`{hint}")]
    Unknown { wanted: String, hint: String },
    #[error("`{wanted}` is served by {}: write `PROVIDER/{wanted}`", .providers.join(", "))]
    Ambiguous { wanted: String, providers: Vec<String> },
    #[error("`{model}` has no {what} in the catalogue: write the profile by hand")]
    Lacks { model: String, what: &'static str },
    #[error(transparent)]
    Read(#[from] std::io::Error),
}

/// One model as one provider serves it.
#[derive(Clone, Debug)]
pub struct Listing {
    provider_id: String,
    provider: Provider,
    model_id: String,
    entry: Entry,
}

#[derive(Clone, Debug, Deserialize)]
struct Provider {
    name: String,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    npm: Option<String>,
    #[serde(default)]
    api: Option<String>,
    #[serde(default)]
    models: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Entry {
    /// Where the rest stands: `MAKER/MODEL` below the catalogue's `models` folder.
    base_model: Option<String>,
    family: Option<String>,
    release_date: Option<String>,
    knowledge: Option<String>,
    open_weights: Option<bool>,
    tool_call: Option<bool>,
    limit: Option<Limit>,
    cost: Option<Cost>,
    #[serde(default)]
    benchmarks: Vec<Benchmark>,
}

#[derive(Clone, Debug, Deserialize)]
struct Limit {
    context: u64,
    output: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Cost {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
struct Benchmark {
    name: String,
    score: f64,
    metric: Option<String>,
    harness: Option<String>,
    variant: Option<String>,
    version: Option<String>,
    dataset: Option<String>,
    source: Option<String>,
    date: Option<String>,
}

/// Finds a model in the published JSON, by `MODEL` or `PROVIDER/MODEL`.
///
/// # Errors
/// When the text is not the catalogue's, or the model is not in it, or several providers serve it and none is named.
pub fn in_json(text: &str, place: &str, wanted: &str) -> Result<Listing, CatalogueError> {
    let mut providers: BTreeMap<String, Provider> = serde_json::from_str(text)
        .map_err(|error| CatalogueError::Format { place: place.to_owned(), message: error.to_string() })?;
    if let Some((provider, model)) = wanted.split_once('/')
        && let Some(found) = take(&mut providers, provider, model)
    {
        return Ok(found);
    }
    let serving: Vec<String> = providers
        .iter()
        .filter(|(_, provider)| provider.models.contains_key(wanted))
        .map(|(id, _)| id.clone())
        .collect();
    match &serving[..] {
        [provider] => take(&mut providers, provider, wanted).ok_or_else(|| unknown(wanted, &providers)),
        [] => Err(unknown(wanted, &providers)),
        _ => Err(CatalogueError::Ambiguous { wanted: wanted.to_owned(), providers: serving }),
    }
}

fn take(providers: &mut BTreeMap<String, Provider>, provider_id: &str, model: &str) -> Option<Listing> {
    let provider = providers.get_mut(provider_id)?;
    let entry = provider.models.remove(model)?;
    Some(Listing {
        provider_id: provider_id.to_owned(),
        provider: Provider { models: BTreeMap::new(), ..provider.clone() },
        model_id: model.to_owned(),
        entry,
    })
}

fn unknown(wanted: &str, providers: &BTreeMap<String, Provider>) -> CatalogueError {
    let all = providers.iter().flat_map(|(id, provider)| {
        provider.models.keys().flat_map(move |model| [format!("{id}/{model}"), model.clone()])
    });
    let all: Vec<String> = all.collect();
    let hint = nearest::name(wanted, all.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    CatalogueError::Unknown { wanted: wanted.to_owned(), hint }
}

/// Reads the catalogue's TOML file of one model; `provider.toml` is looked for beside the `models` folder it is in.
///
/// # Errors
/// When a file cannot be read or is not in the catalogue's format.
pub fn in_toml(file: &Path) -> Result<Listing, CatalogueError> {
    let folder = file.ancestors().find(|dir| dir.file_name().is_some_and(|name| name == "models"));
    let beside = folder.and_then(Path::parent).map(|provider| provider.join("provider.toml"));
    let Some(beside) = beside.filter(|path| path.is_file()) else {
        let message =
            "there is no `provider.toml` beside its `models` folder, which says how the model is reached";
        return Err(CatalogueError::Format {
            place: file.display().to_string(),
            message: message.to_owned(),
        });
    };
    let provider: Provider = typed(&beside)?;
    let entry: Entry = typed(file)?;
    let root = beside.ancestors().nth(3).unwrap_or(Path::new("."));
    let base = entry.base_model.as_ref().map(|base| root.join("models").join(format!("{base}.toml")));
    let entry = match base {
        Some(base) => entry.over(typed(&base)?),
        None => entry,
    };
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let within: PathBuf =
        folder.and_then(|dir| file.strip_prefix(dir).ok()).unwrap_or(file).with_extension("");
    // `with_extension` takes what follows the last dot, so a version in the name stays whole.
    let model_id = within.to_string_lossy().into_owned();
    Ok(Listing { provider_id: name(beside.parent()), provider, model_id, entry })
}

fn typed<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, CatalogueError> {
    let text = fs_err::read_to_string(file)?;
    toml::from_str(&text).map_err(|error| CatalogueError::Format {
        place: file.display().to_string(),
        message: error.message().to_owned(),
    })
}

impl Entry {
    /// This entry, with what it does not say taken from another.
    fn over(self, base: Self) -> Self {
        Self {
            base_model: None,
            family: self.family.or(base.family),
            release_date: self.release_date.or(base.release_date),
            knowledge: self.knowledge.or(base.knowledge),
            open_weights: self.open_weights.or(base.open_weights),
            tool_call: self.tool_call.or(base.tool_call),
            limit: self.limit.or(base.limit),
            cost: self.cost.or(base.cost),
            benchmarks: if self.benchmarks.is_empty() { base.benchmarks } else { self.benchmarks },
        }
    }
}

impl Listing {
    /// The last part of the model's id: what its profile is called unless the user says otherwise.
    pub fn short_name(&self) -> String {
        self.model_id.rsplit('/').next().unwrap_or(&self.model_id).to_lowercase().replace([':', ' '], "-")
    }

    /// Day of release, when the catalogue has it.
    pub fn released(&self) -> Option<&str> {
        self.entry.release_date.as_deref()
    }

    /// A profile with what the catalogue says, and a reason for each fact it does not. `today` is `YYYY-MM-DD`.
    ///
    /// # Errors
    /// When the catalogue does not say how the model is reached, or how long its context is.
    pub fn profile(&self, id: &str, today: &str) -> Result<Model, CatalogueError> {
        let lacks = |what| CatalogueError::Lacks { model: self.model_id.clone(), what };
        let (dialect, usual) = spoken(self.provider.npm.as_deref());
        let base_url = self.provider.api.as_deref().or(usual).ok_or_else(|| lacks("address"))?;
        let limit = self.entry.limit.as_ref().ok_or_else(|| lacks("limits"))?;
        let mut sources = BTreeMap::new();
        let mut unconfirmed = BTreeMap::new();
        let mut note = |key: &str, stated: bool, why: &str| {
            if stated {
                sources.insert(
                    key.to_owned(),
                    FactSource { url: PAGE.to_owned(), date: Some(today.to_owned()) },
                );
            } else {
                unconfirmed.insert(key.to_owned(), why.to_owned());
            }
        };
        let silent = "the catalogue does not say";
        note("limits", true, silent);
        note("released", self.entry.release_date.is_some(), silent);
        note("cutoff", self.entry.knowledge.is_some(), silent);
        note("prices", self.entry.cost.is_some(), silent);
        note("sampling", false, "the catalogue holds no recommended settings: see the maker's model card");
        note("preferred", false, "the catalogue does not say which harness the maker recommends");
        note("prompts", false, "none is written yet");
        let weights = if self.entry.open_weights == Some(true) { Weights::Open } else { Weights::Closed };
        if weights == Weights::Open {
            note("licence", false, "the catalogue does not say: see the model card");
        }
        Ok(Model {
            id: id.to_owned(),
            vendor: self.provider.name.clone(),
            weights,
            licence: None,
            released: self.entry.release_date.clone(),
            cutoff: self.entry.knowledge.clone(),
            endpoint: Some(Endpoint {
                key_env: self.provider.env.first().cloned(),
                tool_calls: if self.entry.tool_call == Some(false) {
                    ToolCalls::Text
                } else {
                    ToolCalls::Native
                },
                ..Endpoint::new(dialect, without_version(base_url), &self.model_id)
            }),
            sim: None,
            sampling: Sampling::default(),
            prices: self.entry.cost.as_ref().map(|cost| Prices {
                input: cost.input,
                output: cost.output,
                cache_read: cost.cache_read,
                cache_write: cost.cache_write,
                source: None,
                date: None,
            }),
            // One figure for both windows is common there, and no profile may state an answer longer than the context.
            limits: TokenLimits { context: limit.context, output: limit.output.min(limit.context) },
            preferred: None,
            prompts: Prompts::default(),
            facts: Facts {
                family: self.entry.family.clone(),
                checked: Some(today.to_owned()),
                sources,
                unconfirmed,
                claims: self.entry.benchmarks.iter().map(claim).collect(),
            },
        })
    }

    /// The provider's id in the catalogue.
    pub fn provider(&self) -> &str {
        &self.provider_id
    }
}

fn claim(benchmark: &Benchmark) -> Claim {
    Claim {
        benchmark: benchmark.name.clone(),
        version: benchmark.version.clone(),
        dataset: benchmark.dataset.clone(),
        score: benchmark.score,
        metric: benchmark.metric.clone(),
        harness: benchmark.harness.clone(),
        variant: benchmark.variant.clone(),
        source: benchmark.source.clone().unwrap_or_else(|| PAGE.to_owned()),
        date: benchmark.date.clone(),
    }
}

/// The dialect of the client library the catalogue names, and its usual address.
fn spoken(npm: Option<&str>) -> (Dialect, Option<&'static str>) {
    match npm {
        Some("@ai-sdk/anthropic") => (Dialect::AnthropicMessages, Some("https://api.anthropic.com")),
        Some("@ai-sdk/openai") => (Dialect::OpenaiResponses, Some("https://api.openai.com")),
        Some("@ai-sdk/google") => (Dialect::Gemini, Some("https://generativelanguage.googleapis.com")),
        _ => (Dialect::OpenaiChat, None),
    }
}

/// The dialects add `/v1` and `/v1beta` themselves; other versions are part of the address.
fn without_version(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix("/v1").or_else(|| url.strip_suffix("/v1beta")).unwrap_or(url)
}
