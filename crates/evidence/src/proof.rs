//! One trial, shown to be of a run whose other trials stay private.

use ledger::{
    RunDir,
    chain::{canonical, next_link},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Evidence, hex, merkle, tree::trial_leaf};

/// A trial's lines in the ledger, with what shows that they are under the run's root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Version of these field names.
    pub version: u32,
    /// The trial.
    pub trial: String,
    /// Its leaf's place in the tree, from 0, which is the run's own.
    pub index: usize,
    /// Leaves of the tree.
    pub leaves: usize,
    /// The hashes beside the leaf's way to the root.
    pub path: Vec<String>,
    /// Every line of the ledger about the trial, in order.
    pub lines: Vec<Shown>,
}

/// A line of the ledger with the link before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The chain's link before the line.
    pub previous: String,
    /// The line.
    pub line: Value,
}

/// Why a trial cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The run has no such trial.
    #[error("the plan holds no trial `{0}`")]
    Unplanned(String),
    /// The links of an older run are made of another form of its lines.
    #[error(
        "the run is of a program from before version 2 of the plan: none of its trials can be shown alone"
    )]
    Older,
    /// The ledger cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A line has no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Proof {
    /// The version of these field names.
    pub const VERSION: u32 = 1;

    /// Its bytes: canonical JSON and a line end.
    ///
    /// # Errors
    /// Never for a proof that was made or read here.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = canonical(&serde_json::to_value(self)?);
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The root that it leads to, in digits.
    ///
    /// # Errors
    /// With what is wrong, where a line does not have the link that it says, is about another trial, or the path is none.
    pub fn root(&self) -> Result<String, String> {
        let mut links = Vec::new();
        for (number, Shown { previous, line }) in self.lines.iter().enumerate() {
            let wrong = |what: &str| format!("line {} of the trial {what}", number + 1);
            let mut content = line.clone();
            let fields = content.as_object_mut().ok_or_else(|| wrong("is no object"))?;
            let hash = fields.shift_remove("hash").ok_or_else(|| wrong("has no hash"))?;
            let hash = hash.as_str().ok_or_else(|| wrong("has no hash"))?.to_owned();
            if next_link(previous, &content) != hash {
                return Err(wrong("does not have the link that it says"));
            }
            if content["event"]["trial"].as_str() != Some(&self.trial) {
                return Err(wrong("is about another trial"));
            }
            links.push(hash);
        }
        let leaf = merkle::leaf(&trial_leaf(&self.trial, links.iter().map(String::as_str)));
        let path: Option<Vec<_>> = self.path.iter().map(|one| hex::hash(one)).collect();
        let path = path.ok_or("a hash of the path is not 64 digits")?;
        let root = merkle::leads_to(leaf, self.index, self.leaves, &path);
        root.map(|root| hex::text(&root))
            .ok_or_else(|| "the path is not one of a tree of that size".to_owned())
    }
}

/// Shows a trial of a run.
///
/// # Errors
/// Where the run has no such trial, or its ledger cannot be read.
pub fn prove(run: &RunDir, evidence: &Evidence, trial: &str) -> Result<Proof, ProofError> {
    if evidence.plan.version < 2 {
        return Err(ProofError::Older);
    }
    let place = evidence.plan.trials.iter().position(|one| one.id.0 == trial);
    let place = place.ok_or_else(|| ProofError::Unplanned(trial.to_owned()))?;
    let mut previous = ledger::chain::first_link(&evidence.record.ledger.run_id);
    let mut lines = Vec::new();
    // As they are written, and not as this program would write them: that is what the links are made of.
    let file = std::io::BufReader::new(fs_err::File::open(run.path().join("ledger.jsonl"))?);
    for line in std::io::BufRead::lines(file) {
        let line: Value = serde_json::from_str(&line?)?;
        let hash = line["hash"].as_str().unwrap_or_default().to_owned();
        if line["event"]["trial"].as_str() == Some(trial) {
            lines.push(Shown { previous: previous.clone(), line });
        }
        previous = hash;
    }
    let path = evidence.tree.path(place).unwrap_or_default();
    Ok(Proof {
        version: Proof::VERSION,
        trial: trial.to_owned(),
        index: place + 1,
        leaves: evidence.tree.size(),
        path: path.iter().map(|hash| hex::text(hash)).collect(),
        lines,
    })
}
