//! What the agents of a run were given to work with: what should have reached the model.

use std::collections::BTreeMap;

use ledger::{Plan, PlannedTrial};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use transcript::commands::Shell;
use vocabulary::Prompt;

use crate::lines;

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
    /// What is known of each task.
    pub facts: BTreeMap<String, TaskFacts>,
    /// The profiles of the models by id, without where their keys come from.
    pub models: BTreeMap<String, Value>,
}

/// What is known of a task, for those who look for its hidden parts in what an agent wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskFacts {
    /// Where its agent's commands run; `None` where its image says it.
    pub directory: Option<String>,
    /// The files that its tests bring, below the folder of tests.
    pub tests: Vec<String>,
    /// Names of its hidden test cases.
    pub cases: Vec<String>,
    /// Names under which what is worked on may be published.
    pub packages: Vec<String>,
    /// Whether it cannot be solved, on purpose.
    pub impossible: bool,
    /// SHA-256 of the longer lines of its solution, without space around them, cut to 16 digits.
    pub solution: Vec<String>,
}

impl TaskFacts {
    /// Adds the lines of a text of the solution.
    pub fn add_solution(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= lines::SHORTEST);
        let left = LINES.saturating_sub(self.solution.len());
        self.solution.extend(lines.take(left).map(lines::digest));
    }

    /// Adds the cases that a file of tests names.
    pub fn add_cases(&mut self, text: &str) {
        let left = LINES.saturating_sub(self.cases.len());
        let named = text.lines().filter_map(|line| {
            let after = ["def test_", "fn test_", "func Test"]
                .into_iter()
                .find_map(|begin| line.trim_start().strip_prefix(begin).map(|rest| (begin, rest)));
            let (begin, rest) = after?;
            let end =
                rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
            Some(format!("{}{}", begin.split_once(' ').map_or("", |(_, name)| name), &rest[..end]))
        });
        self.cases.extend(named.take(left));
    }
}

/// Most lines and cases that are kept of a task.
const LINES: usize = 2000;

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
    /// What is known of its task.
    pub facts: Option<&'a TaskFacts>,
    /// The run's other tasks.
    pub siblings: Vec<&'a str>,
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
            facts: self.facts.get(&trial.task),
            siblings: self
                .instructions
                .keys()
                .map(String::as_str)
                .filter(|task| *task != trial.task)
                .collect(),
            tools: plan.harness_of(trial).and_then(|harness| self.harnesses.get(&harness.0)),
        }
    }
}
