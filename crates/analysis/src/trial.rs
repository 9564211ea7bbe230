//! One planned trial, as reports show it.

use std::collections::BTreeMap;

use ledger::{Digest, OutcomeGroup, Plan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::{Certainty, FlagName, Usage};

use crate::{Row, rows::is_priced};

/// A planned trial and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrialSummary {
    /// Its name in the plan.
    pub id: String,
    /// Model id.
    pub model: String,
    /// `harness/prompt`.
    pub arm: String,
    /// Task id, `FAMILY/NAME`.
    pub task: String,
    /// The task's family.
    pub family: String,
    /// Repetition, from 1.
    pub attempt: u32,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// How it ended; `None` if it has not.
    pub end: Option<End>,
    /// Score in the primary analysis, from 0 to 1; `None` when the trial is missing or its task void.
    pub score: Option<f64>,
    /// The score as it was graded: another one where a hack is proved, which counts as 0.
    #[serde(default)]
    pub graded: Option<f64>,
    /// How certain it is that the agent went for the grade, or for the answer, in place of the work; `None` where nothing
    /// says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hack: Option<Certainty>,
    /// Tries that led to no outcome.
    pub lost_tries: usize,
    /// Names of the flags raised about it, each once.
    pub flags: Vec<FlagName>,
}

/// How a trial ended and what it used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// Outcome code.
    pub outcome: String,
    /// What the code counts as.
    pub group: OutcomeGroup,
    /// In words; may hold output of programs.
    pub detail: String,
    /// Tokens by kind.
    pub usage: Usage,
    /// All tokens.
    pub tokens: u64,
    /// Model calls that used tokens.
    pub calls: u32,
    /// Budget units charged.
    pub charged: f64,
    /// Budget units left.
    pub unspent: f64,
    /// US dollars; `None` where no call has a price.
    pub usd: Option<f64>,
    /// Seconds of the agent's part.
    pub agent_seconds: f64,
    /// Seconds of everything.
    pub total_seconds: f64,
    /// All rewards the verifier wrote; nothing where it wrote one alone, which is the score.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewards: BTreeMap<String, f64>,
    /// The workspace as collected: SHA-256 of a tar archive in the run's `blobs/`.
    pub workspace: Option<Digest>,
    /// The agent's commands, as JSON lines.
    pub commands: Option<Digest>,
    /// Output of the verifier.
    pub verifier_output: Option<Digest>,
}

impl TrialSummary {
    /// What became of a row of this plan.
    pub fn new(plan: &Plan, row: &Row) -> Self {
        let planned = &row.planned;
        let mut flags: Vec<FlagName> = row.flags.iter().map(|flag| flag.name).collect();
        flags.sort();
        flags.dedup();
        Self {
            id: planned.id.0.clone(),
            model: planned.model.clone(),
            arm: planned.arm.to_string(),
            task: planned.task.clone(),
            family: plan.families.get(&planned.task).cloned().unwrap_or_default(),
            attempt: planned.attempt,
            simulated: plan.simulated.contains(&planned.model),
            end: row.end.as_ref().map(|end| End {
                outcome: end.outcome.code().to_owned(),
                group: end.outcome.group(),
                detail: end.detail.clone(),
                usage: end.spent.usage,
                tokens: end.spent.usage.total(),
                calls: end.spent.calls,
                charged: end.spent.charged,
                unspent: end.unspent,
                usd: is_priced(row).then_some(end.spent.usd),
                agent_seconds: end.agent_seconds,
                total_seconds: end.total_seconds,
                rewards: if end.rewards.len() > 1 { end.rewards.clone() } else { BTreeMap::new() },
                workspace: end.workspace.clone(),
                commands: end.commands.clone(),
                verifier_output: end.verifier_output.clone(),
            }),
            score: row.score(),
            graded: row.graded(),
            hack: row.hack(),
            lost_tries: row.lost.len(),
            flags,
        }
    }
}
