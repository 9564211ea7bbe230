//! The evaluation card: one document that states a result with all that decides it (docs/architecture/evidence.md).
//!
//! It is made of the run alone, apart from what its author states. What is not known stands there with its reason.
//! Numbers with a fraction are decimal texts: what is hashed must not hang on how a language prints them.

mod division;
mod make;
mod told;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::Program;

pub use division::Division;
pub use make::make;
pub use told::Told;

/// Why a card cannot be made or written.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// A value has no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Version of these field names.
    pub version: u32,
    /// The program that made the card of the run: another one may compute differently.
    pub made_by: Program,
    /// The run.
    pub run: Run,
    /// What was registered before its first trial.
    pub registration: Told<Registration>,
    /// Its models.
    pub models: Vec<Model>,
    /// Its arms, one for each model and arm.
    pub arms: Vec<Arm>,
    /// What is unlike between each arm and the baseline, one sentence each.
    pub arm_differences: Vec<String>,
    /// Its tasks.
    pub tasks: Tasks,
    /// The sweep as it was read: budget, meter, limits, sampling, network, attempts, seed, thresholds.
    pub protocol: Value,
    /// What engine and host were, one for each set of facts that was found.
    pub hosts: Vec<BTreeMap<String, String>>,
    /// Every number that a report of the run shows, single trials apart.
    pub results: Value,
    /// Flags about the run as a whole.
    pub flags: Vec<String>,
    /// What is known of contamination.
    pub contamination: Told<Value>,
    /// Models that judged.
    pub judges: Told<Value>,
    /// What was done otherwise than registered.
    pub deviations: Told<Vec<String>>,
    /// What the numbers do not show.
    pub limitations: Vec<String>,
    /// What the author states; no run shows it.
    pub stated: Stated,
}

/// Which run a card is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The sweep's name.
    pub sweep: String,
    /// SHA-256 of the plan, fixed before the first trial.
    pub plan_digest: String,
    /// Planned trials.
    pub planned: usize,
    /// Trials with a terminal event.
    pub ended: usize,
    /// The last link of the ledger's chain.
    pub ledger_head: String,
    /// Number of events in the ledger.
    pub ledger_events: usize,
    /// Root of the run's Merkle tree.
    pub root: String,
    /// Leaves of the tree: planned trials, and one.
    pub leaves: usize,
    /// When its first event was written, in UTC; `None` before it.
    pub began: Option<String>,
    /// When its last event was written, labels apart.
    pub ended_at: Option<String>,
    /// The programs that worked on it.
    pub programs: Vec<Program>,
}

/// What was fixed before the first trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// SHA-256 that commits to plan and hypotheses.
    pub commitment: String,
    /// When, by the clock of the machine that registered it.
    pub at: String,
    /// Why the run is exploratory all the same; empty where it is not.
    pub void: Vec<String>,
    /// What was registered, with the nonce, as canonical JSON: what the commitment is made of.
    pub opened: String,
    /// Each hypothesis with what the run says of it.
    pub hypotheses: Value,
}

/// A model of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its id in the run.
    pub id: String,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Names that clients asked for.
    pub asked: Vec<String>,
    /// Names that the provider gave.
    pub served: Vec<String>,
    /// Whether its weights can be had.
    pub weights: Told<String>,
    /// Its profile: provider, endpoint, sampling and where that is documented, prices, dates, quantisation.
    pub profile: Told<Value>,
    /// SHA-256 of profile and prompts, as planned.
    pub digest: String,
}

/// A model in an arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// The model's id.
    pub model: String,
    /// `harness/prompt`.
    pub arm: String,
    /// Where it may be compared.
    pub division: Division,
    /// Why it is not in the closed division, one reason each; empty where it is.
    pub open_for: Vec<String>,
    /// The harness; of `preferred`, the one that it stands for.
    pub harness: String,
    /// Its version and its pack's digest.
    pub pack: Told<String>,
    /// SHA-256 of what its `harness.toml` said, one for each time that it was read otherwise.
    pub declaration: Told<Vec<String>>,
    /// SHA-256 of the prompt.
    pub prompt: Told<String>,
    /// Model calls by kind.
    pub calls: BTreeMap<String, u64>,
    /// Calls that asked for another model than the one under test.
    pub helper_calls: u64,
    /// How an answer is chosen where there are several: always the only one.
    pub selection: String,
    /// Planned trials that have no result.
    pub missing: usize,
    /// Trials by outcome code.
    pub outcomes: BTreeMap<String, usize>,
}

/// The tasks of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tasks {
    /// Number of them.
    pub tasks: usize,
    /// Number of tasks by family.
    pub families: BTreeMap<String, usize>,
    /// SHA-256 of the canonical JSON of all tasks' digests by id.
    pub digest: String,
    /// SHA-256 of each task's files, by id.
    pub digests: BTreeMap<String, String>,
    /// The images that trials ran in, by task.
    pub images: BTreeMap<String, Vec<String>>,
}

/// What only the author can say. `overhang card --stated FILE` reads it from TOML with these keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(default)]
pub struct Stated {
    /// Under which licence the card and the run may be used.
    pub licence: Told<String>,
    /// Whom to ask.
    pub contacts: Told<Vec<String>>,
    /// What else the numbers do not show.
    pub limitations: Vec<String>,
    /// Work on prompts before the run, by model: money, hours.
    pub tuning: Told<BTreeMap<String, String>>,
}

impl Default for Stated {
    fn default() -> Self {
        Self { licence: unstated(), contacts: unstated(), limitations: Vec::new(), tuning: unstated() }
    }
}

fn unstated<T>() -> Told<T> {
    Told::missing("the author does not state it")
}

impl Card {
    /// The version of these field names.
    pub const VERSION: u32 = 1;

    /// The card's bytes: canonical JSON (RFC 8785) and a line end.
    ///
    /// # Errors
    /// Never for a card that was made or read here.
    pub fn bytes(&self) -> Result<Vec<u8>, CardError> {
        let mut bytes = ledger::chain::canonical(&serde_json::to_value(self)?);
        bytes.push(b'\n');
        Ok(bytes)
    }
}
