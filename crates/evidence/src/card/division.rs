//! Divisions, after those of MLPerf: what may be compared with what.

use analysis::ArmSummary;
use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{
    Arm, Prompt,
    sweep::{Announcement, ServerTools, Settings},
};

/// Where a result may be compared. An elicitation gap is open minus closed, for one model; no ranking goes across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Division {
    /// The built-in loop with the generic prompt, one attempt an answer, no other model, the profile's settings.
    Closed,
    /// Any harness, prompt and helper, metered and on record.
    Open,
    /// Without a meter or without a record: never in one table with the others.
    OpenUnverified,
}

impl Division {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::OpenUnverified => "open unverified",
        }
    }
}

/// The division of a model in an arm, and why it is not closed. All that is run here is metered and on record, so that
/// none is unverified.
pub(super) fn of(plan: &Plan, arm: &Arm, summary: &ArmSummary) -> (Division, Vec<String>) {
    let sweep = &plan.sweep;
    let reasons: Vec<String> = [
        (!arm.harness.is_bare(), "it is driven by a harness"),
        (arm.prompt != Prompt::Generic, "its prompt was written for the model"),
        (summary.helper_calls > 0, "it asked for other models"),
        (sweep.settings != Settings::Pinned, "its sampling settings are not the profile's"),
        (sweep.server_tools == ServerTools::Allow, "the provider may run tools of its own"),
        (sweep.announcement != Announcement::None, "the model is told of its budget"),
    ]
    .into_iter()
    .filter(|(open, _)| *open)
    .map(|(_, why)| why.to_owned())
    .collect();
    (if reasons.is_empty() { Division::Closed } else { Division::Open }, reasons)
}
