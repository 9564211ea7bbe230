//! The plan: every trial of a sweep, hashed before the first one starts. The denominator of every rate.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{Arm, HarnessName, Sweep, TrialId, Weights};

use crate::chain::{canonical, canonical_of_version_1, sha256_hex};

/// (model, arm, task, attempt).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedTrial {
    /// Its name in this plan.
    pub id: TrialId,
    /// Model id.
    pub model: String,
    /// The arm.
    pub arm: Arm,
    /// Task id, `FAMILY/NAME`.
    pub task: String,
    /// Repetition, from 1.
    pub attempt: u32,
    /// The (task, attempt) block it runs in, from 0, in running order.
    pub block: u32,
}

/// A sweep expanded to the full list of trials, with the digests of everything that decides a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this record.
    pub version: u32,
    /// The sweep as read.
    pub sweep: Sweep,
    /// Trials in running order.
    pub trials: Vec<PlannedTrial>,
    /// Task id to family.
    pub families: BTreeMap<String, String>,
    /// SHA-256 of each task's files, by task id; `… void` for one found invalid when it was imported.
    pub tasks: BTreeMap<String, String>,
    /// SHA-256 of each model profile and of its prompts, by model id.
    pub models: BTreeMap<String, String>,
    /// Version and pack digest of each harness, by name.
    pub harnesses: BTreeMap<String, String>,
    /// What the harness `preferred` stands for, by model id; empty when no arm uses it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub preferred: BTreeMap<String, String>,
    /// SHA-256 of the generic prompt and of each specific one (`generic`, or a model id).
    pub prompts: BTreeMap<String, String>,
    /// Whether each model's weights are open, by model id; empty in plans of older programs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, Weights>,
    /// Model ids that are simulated.
    pub simulated: Vec<String>,
    /// What is planted: the probability with which a simulated model plays the solution, by model id and arm. Empty where
    /// it plays something else, and in plans of older programs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub planted: BTreeMap<String, BTreeMap<String, f64>>,
    /// The record that answers in the providers' place; `None` when providers do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// Version of the program that made the plan.
    pub program: String,
}

/// The record that a run is answered from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Id of the recorded run.
    pub run: String,
    /// The last link of its ledger.
    pub ledger_head: String,
    /// Whether a request that is not the recorded one ends its trial.
    pub require_hit: bool,
}

impl Plan {
    /// The version written by this program.
    ///
    /// 2: numbers in what is hashed have the form of RFC 8785.
    pub const VERSION: u32 = 2;

    /// The harness that drives a trial: the one of its arm, or what `preferred` stands for with its model. `None` for
    /// a preference that the plan does not hold.
    pub fn harness_of(&self, trial: &PlannedTrial) -> Option<HarnessName> {
        self.harness_in(&trial.model, &trial.arm)
    }

    /// The same of a model in an arm.
    pub fn harness_in(&self, model: &str, arm: &Arm) -> Option<HarnessName> {
        if !arm.harness.is_preferred() {
            return Some(arm.harness.clone());
        }
        self.preferred.get(model).cloned().map(HarnessName)
    }

    /// SHA-256 of the plan's canonical JSON.
    ///
    /// # Errors
    /// When the plan cannot be serialized.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(digest_of(&serde_json::to_value(self)?))
    }
}

/// SHA-256 of a plan's canonical JSON, in the form of the version that it says it has.
pub(crate) fn digest_of(plan: &Value) -> String {
    let is_older = version_of(plan.get("version")) < 2;
    sha256_hex(&if is_older { canonical_of_version_1(plan) } else { canonical(plan) })
}

/// The version that a plan's file says it has; 0 when it says none.
pub(crate) fn version_of(said: Option<&Value>) -> u32 {
    let said = said.and_then(Value::as_u64).unwrap_or(0);
    u32::try_from(said).unwrap_or(u32::MAX)
}
