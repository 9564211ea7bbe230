//! A run that is compared with others: which it is, and what speaks against it.

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{FlagName, Program};

use crate::{ForbiddenArm, HackedArm, Record, Scores, forbidden, gap, hack_rate};

/// A plan and its ledger.
#[derive(Clone, Copy)]
pub struct Measured<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What its ledger holds.
    pub record: &'a Record,
}

/// Which run this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacts {
    /// The run's id.
    pub run: String,
    /// Its directory, as it was named; `None` where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The sweep's name.
    pub sweep: String,
    /// SHA-256 of the plan.
    pub plan_digest: String,
    /// The programs that worked on it, each once and in order.
    pub programs: Vec<Program>,
    /// Trials that were planned.
    pub planned: usize,
    /// Trials with a terminal event.
    pub ended: usize,
    /// Whether the ledger's last line was cut short by a crash, and is left out.
    pub truncated: bool,
    /// Trials whose score in the ledger can be none, and that count as missing.
    pub strange_scores: usize,
    /// Flags that forbid any statement of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_by: Vec<FlagName>,
    /// Models in arms of which nothing is to be stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_arms: Vec<ForbiddenArm>,
    /// Models whose baseline the run tells from itself (`CONTROL_FAIL`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls_failed: Vec<String>,
    /// Models in arms in which an agent went for the grade, or for the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hacks: Vec<HackedArm>,
    /// Ids of simulated models.
    pub simulated: Vec<String>,
}

impl RunFacts {
    /// Whether flags forbid a statement of a model in an arm.
    pub(crate) fn forbids(&self, model: &str, arm: &str) -> bool {
        !self.forbidden_by.is_empty() || self.forbidden_arms.iter().any(|one| one.is(model, arm))
    }

    /// What people know the run by: its directory, or else its id.
    pub fn name(&self) -> &str {
        self.directory.as_deref().unwrap_or(&self.run)
    }
}

/// Of a run whose scores these are.
pub(crate) fn facts(run: Measured<'_>, scores: &Scores<'_>) -> RunFacts {
    let (forbidden_by, forbidden_arms) = forbidden::of(run.plan, run.record);
    RunFacts {
        run: run.record.ledger.run_id.clone(),
        directory: None,
        sweep: run.plan.sweep.name.clone(),
        plan_digest: run.record.ledger.plan_digest.clone(),
        programs: run.record.programs(run.plan),
        planned: run.plan.trials.len(),
        ended: run.record.rows.iter().filter(|row| row.end.is_some()).count(),
        truncated: run.record.ledger.truncated,
        strange_scores: run.record.rows.iter().filter(|row| row.has_strange_score()).count(),
        forbidden_by,
        forbidden_arms,
        controls_failed: gap::controls_failed(run.plan, scores),
        hacks: hack_rate::arms(run.plan, &run.record.rows),
        simulated: run.plan.simulated.clone(),
    }
}
