//! Where the facts of a profile come from, which of them nobody could confirm, and what others claim to have measured.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::Weights;

use super::Model;

/// What a profile tells its readers. None of it decides a result, and none of it is in a plan's digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// The family of models it belongs to; `overhang model check` looks for a newer one of the same family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Day the profile was last held against its sources, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub checked: Option<String>,
    /// Where a fact stands, by its key (`released`, `cutoff`, `licence`, `limits`, …). `sampling`, `prices`,
    /// `preferred` and `prompts` may name their `source` themselves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, FactSource>,
    /// Why a fact is absent, or why what stands there is a choice and no fact, by its key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unconfirmed: BTreeMap<String, String>,
    /// Scores that were published for the model, for comparison with measured ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// Where a fact stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactSource {
    /// The page.
    #[schemars(length(min = 1))]
    pub url: String,
    /// When it was read, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "month-or-date"))]
    pub date: Option<String>,
}

/// A published score, with the harness it was claimed with where that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The benchmark's name.
    pub benchmark: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The part of it that was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// The score, in the benchmark's own unit.
    pub score: f64,
    /// What the score counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The harness, as the source names it; absent where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harness: Option<String>,
    /// The setting of the model, as the source names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Where it was published.
    pub source: String,
    /// When, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "month-or-date"))]
    pub date: Option<String>,
}

/// What is known of where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The profile states it and names its source.
    Sourced,
    /// The profile states it, and names no source.
    Unsourced,
    /// Not confirmed, with the reason; absent in most cases, and at best somebody's choice.
    Unconfirmed(String),
    /// Absent without a reason.
    Unexplained,
}

impl Model {
    /// Each fact a profile should state, by its key, and where it comes from. None for a simulated model, which
    /// has no facts to confirm.
    pub fn standings(&self) -> Vec<(&'static str, Standing)> {
        if self.is_simulated() {
            return Vec::new();
        }
        let named = |source: Option<&String>| source.is_some();
        let sampling = &self.sampling;
        let sampling_said = sampling.temperature.is_some()
            || sampling.top_p.is_some()
            || sampling.top_k.is_some()
            || sampling.effort.is_some()
            // A source without a setting: the maker says that none is to be sent.
            || sampling.source.is_some();
        let mut facts = vec![
            ("released", self.released.is_some(), false),
            ("cutoff", self.cutoff.is_some(), false),
            ("limits", true, false),
            ("prices", self.prices.is_some(), named(self.prices.as_ref().and_then(|p| p.source.as_ref()))),
            ("sampling", sampling_said, named(sampling.source.as_ref())),
            (
                "preferred",
                self.preferred.is_some(),
                named(self.preferred.as_ref().and_then(|p| p.source.as_ref())),
            ),
            ("prompts", self.prompts.specific.is_some(), named(self.prompts.source.as_ref())),
        ];
        if self.weights == Weights::Open {
            facts.push(("licence", self.licence.is_some(), false));
        }
        facts.into_iter().map(|(key, said, sourced)| (key, self.standing(key, said, sourced))).collect()
    }

    fn standing(&self, key: &str, said: bool, sourced: bool) -> Standing {
        if said && (sourced || self.facts.sources.contains_key(key)) {
            return Standing::Sourced;
        }
        match self.facts.unconfirmed.get(key) {
            Some(why) => Standing::Unconfirmed(why.clone()),
            None if said => Standing::Unsourced,
            None => Standing::Unexplained,
        }
    }

    /// The profile without what only its readers look at: what decides a trial's result.
    pub fn deciding(&self) -> Self {
        Self { facts: Facts::default(), ..self.clone() }
    }
}
