//! One pass over a run's ledger, for all that is made of it.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Analysis, Folding, Record, Thresholds};
use ledger::{BlobStore, Brief, Digest, Event, Plan, RunDir, fold::FoldError, run::RunError};

use crate::{
    strict,
    tree::{Growing, Tree},
};

/// What is known of a run once its ledger was read and every link checked.
pub struct Evidence {
    /// Its plan.
    pub plan: Plan,
    /// Its trials, folded.
    pub record: Record,
    /// All numbers that a report of it shows.
    pub analysis: Analysis,
    /// Its tree.
    pub tree: Tree,
    pub(crate) seen: Seen,
}

impl Evidence {
    /// Whether a record of what agents were given, which holds the models' profiles, is not among the bodies.
    pub(crate) fn lacks_inputs(&self, blobs: &BlobStore) -> bool {
        let is_there = |digest: &String| blobs.room(&Digest(digest.clone())).is_ok_and(|room| room > 0);
        !self.seen.inputs.iter().all(is_there)
    }
}

/// What a card tells and no report does.
#[derive(Default)]
pub(crate) struct Seen {
    /// Digests of the images that trials ran in, by task.
    pub(crate) images: BTreeMap<String, BTreeSet<String>>,
    /// What engine and host are, one for each set of facts that a program found.
    pub(crate) hosts: BTreeSet<BTreeMap<String, String>>,
    /// SHA-256 of each harness's declaration, one for each form that was read.
    pub(crate) declarations: BTreeMap<String, BTreeSet<String>>,
    /// What agents were given, each digest once.
    pub(crate) inputs: BTreeSet<String>,
    /// When the first line was written, in milliseconds since the Unix epoch.
    pub(crate) began_ms: Option<u64>,
}

/// Why a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Its files are damaged, edited or missing.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its ledger does not fit its plan.
    #[error("{0}")]
    Fold(#[from] FoldError),
    /// Its plan can be read in two ways.
    #[error("plan.json: {0}")]
    Plan(&'static str),
    /// A newer program wrote it, and this one does not understand all of it.
    #[error("a newer version of this program wrote the run: only that one can state what it proves")]
    Newer,
    /// Its last line was cut short.
    #[error(
        "the last line of the ledger was cut short by a crash: go on with the run once, so that it is mended on record"
    )]
    CutShort,
}

/// Reads a run as a whole.
///
/// # Errors
/// Where it is damaged, or was not written to its end by a program that this one understands.
pub fn read(run: &RunDir) -> Result<Evidence, ReadError> {
    let plan = run.plan()?;
    if plan.version > Plan::VERSION {
        return Err(ReadError::Newer);
    }
    let text = fs_err::read(run.path().join("plan.json")).map_err(RunError::Io)?;
    if strict::has_a_key_twice(&text) {
        return Err(ReadError::Plan("a key stands twice in it"));
    }
    let ids: BTreeSet<&str> = plan.trials.iter().map(|trial| trial.id.0.as_str()).collect();
    if ids.len() < plan.trials.len() {
        return Err(ReadError::Plan("two trials have one id"));
    }
    let (mut folding, mut growing) = (Folding::new(&plan), Growing::new(&plan.trials));
    let mut seen = Seen::default();
    let tasks: BTreeMap<&str, &str> =
        plan.trials.iter().map(|trial| (trial.id.0.as_str(), trial.task.as_str())).collect();
    let ledger = run.each_line_in_brief(|line| -> Result<(), ReadError> {
        growing.take(&line);
        seen.began_ms.get_or_insert(line.at_ms);
        if let Brief::Other(event) = &line.what {
            seen.take(event, &tasks);
        }
        Ok(folding.take_brief(line)?)
    })?;
    if ledger.truncated {
        return Err(ReadError::CutShort);
    }
    let tree = growing.finish(&ledger);
    let record = folding.finish(ledger);
    let analysis = analysis::analyse(&plan, &record, &Thresholds::of(&plan));
    Ok(Evidence { plan, record, analysis, tree, seen })
}

impl Seen {
    fn take(&mut self, event: &Event, tasks: &BTreeMap<&str, &str>) {
        match event {
            Event::Opened { host_facts, inputs, harnesses, .. } => {
                for (name, digest) in harnesses {
                    self.declarations.entry(name.clone()).or_default().insert(digest.clone());
                }
                self.hosts.insert(host_facts.clone());
                self.inputs.extend(inputs.iter().map(|Digest(digest)| digest.clone()));
            }
            Event::Started { trial, image, .. } => {
                let task = tasks.get(trial.0.as_str()).copied().unwrap_or_default();
                self.images.entry(task.to_owned()).or_default().insert(image.clone());
            }
            _ => {}
        }
    }
}
