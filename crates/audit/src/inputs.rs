//! What the agents of a run were given to work with: what should have reached the model.

use std::collections::BTreeMap;

use ledger::{Plan, PlannedTrial};
use serde::{Deserialize, Serialize};
use transcript::commands::Shell;
use vocabulary::Prompt;

/// What the agents of a run are given. A run stores it as JSON and names it in its ledger (`opened.inputs`), so that
/// what reached the model can be compared with it later on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inputs {
    /// The generic prompt; `None` where it is not known.
    pub generic: Option<String>,
    /// The specific prompts, by model.
    pub specific: BTreeMap<String, String>,
    /// The instructions by task, one a step.
    pub instructions: BTreeMap<String, Vec<String>>,
    /// The tools by harness, the bare loop included.
    pub harnesses: BTreeMap<String, HarnessTools>,
}

/// The tools of a harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarnessTools {
    /// Whether every conversation of it offers the model some: others take commands or edits out of texts.
    pub always_offered: bool,
    /// The one that runs shell commands.
    pub shell: Option<Shell>,
}

/// What the agent of one trial was given; `None` where it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialInputs<'a> {
    /// The arm's prompt; may be empty.
    pub prompt: Option<&'a str>,
    /// The prompts of the run's other arms and models.
    pub other_prompts: Vec<&'a str>,
    /// The instruction; of a task with steps, the first one's.
    pub instruction: Option<&'a str>,
    /// The harness's tools.
    pub tools: Option<&'a HarnessTools>,
}

impl Inputs {
    /// What the agent of a trial was given.
    pub fn of(&self, plan: &Plan, trial: &PlannedTrial) -> TrialInputs<'_> {
        let specific = self.specific.get(&trial.model);
        let prompt = match trial.arm.prompt {
            Prompt::Generic => self.generic.as_ref(),
            Prompt::Specific => specific,
        };
        let instructions = self.instructions.get(&trial.task);
        TrialInputs {
            prompt: prompt.map(String::as_str),
            other_prompts: self
                .generic
                .iter()
                .chain(self.specific.values())
                .map(String::as_str)
                .filter(|other| Some(other.trim()) != prompt.map(|prompt| prompt.trim()))
                .collect(),
            instruction: instructions.and_then(|steps| steps.first()).map(String::as_str),
            tools: plan.harness_of(trial).and_then(|harness| self.harnesses.get(&harness.0)),
        }
    }
}
