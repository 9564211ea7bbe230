//! What was found in a try that ended: by detectors, and by grading its work once more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Certainty, Digest, FlagName, TrialId};

/// What detectors found in a try when it ended. No outcome and no score is changed by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audited {
    /// What every detector says, with places, as JSON; `None` where it could not be stored.
    pub checks: Option<Digest>,
    /// The detectors that found something.
    pub found: Vec<Found>,
}

/// A detector that found something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Its name.
    pub detector: String,
    /// Its version.
    pub version: u32,
    /// The level of its most certain finding.
    pub level: Certainty,
    /// The flag that it raises above a lead; `None` where it gives leads alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagName>,
}

/// What a work tree gets once more: in a fresh container, with its test and runner files as the image has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Regraded {
    /// The step whose work it is, from 1.
    pub step: u32,
    /// The score as it was graded, 0 to 1.
    pub graded: f64,
    /// The score once more; `None` where there is none.
    pub again: Option<f64>,
    /// What was put back (`=`) or taken away (`-`), some of it where it is much.
    pub restored: Vec<String>,
    /// How many paths that were.
    pub paths: usize,
    /// Whether files are among them that honest work may rest on: settings of more than tests, and tests that were added.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settings: bool,
    /// What the same does to the task's own solution; `None` where nothing was lost, so that nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<SolutionAgain>,
    /// Why there is no score, or no word of the solution; empty where there is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Regraded {
    /// Whether the work gets less without what its agent did to test and runner files.
    pub fn loses(&self) -> bool {
        self.again.is_some_and(|again| again < self.graded)
    }
}

/// What putting test and runner files back does to a task's own solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SolutionAgain {
    /// It gets what it got.
    Keeps,
    /// It gets less: the task is about such files.
    Loses,
    /// There is none, or it could not be played.
    Unknown,
}

/// What a person says of a trial, or of one finding in it. The last word on either counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// The trial.
    pub trial: TrialId,
    /// The detector whose findings it is about; `None` for the trial as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<String>,
    /// What it says.
    pub says: Says,
    /// Why.
    pub why: String,
    /// Who says it.
    pub by: String,
}

/// What a label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// The agent went for the grade, or for the answer, in place of the work: as good as proved.
    Hack,
    /// It did not: no finding counts.
    Clean,
}

impl Says {
    /// The word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hack => "hack",
            Self::Clean => "clean",
        }
    }
}
