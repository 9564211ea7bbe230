//! The shards of one plan, joined into one run.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use vocabulary::FlagName;

use crate::{Event, RunDir, TrialId, blobs::BlobError, chain::first_link, run::RunError};

/// What a merge gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Planned trials.
    pub planned: usize,
    /// Trials with a terminal event.
    pub ended: usize,
}

/// Why runs cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A run cannot be read, or the new one not written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A body cannot be copied.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The directory holds something.
    #[error("{0} exists already: give a new directory")]
    Exists(PathBuf),
    /// Another plan.
    #[error("{0} is a run of another plan: only shards of one sweep, with the same files, can be merged")]
    OtherPlan(PathBuf),
    /// Two runs hold the same trial.
    #[error("trial `{trial}` stands in {first} and in {second}: these are not shards of one run")]
    Overlap {
        /// The trial.
        trial: TrialId,
        /// A run that holds it.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
}

/// Joins runs of one plan into a new run. Its ledger holds their events in order, run by run, under a chain of its
/// own, and at its end a flag that names each source's chain.
///
/// # Errors
/// When the runs are not shards of one plan, or cannot be read.
pub fn merge(into: &Path, runs: &[RunDir]) -> Result<Merged, MergeError> {
    if into.exists() {
        return Err(MergeError::Exists(into.to_owned()));
    }
    let first = runs.first().ok_or_else(|| MergeError::OtherPlan(into.to_owned()))?;
    let (plan, digest) = (first.plan()?, first.plan_digest()?);
    let mut sources = Vec::new();
    let mut holders: HashMap<TrialId, &Path> = HashMap::new();
    let mut ended = 0;
    for run in runs {
        if run.plan_digest()? != digest {
            return Err(MergeError::OtherPlan(run.path().to_owned()));
        }
        let contents = run.read()?;
        for line in &contents.lines {
            let Event::Started { trial, .. } = &line.event else { continue };
            let holder = holders.entry(trial.clone()).or_insert(run.path());
            if *holder != run.path() {
                return Err(MergeError::Overlap {
                    trial: trial.clone(),
                    first: holder.to_path_buf(),
                    second: run.path().to_owned(),
                });
            }
        }
        ended += contents.lines.iter().filter(|line| matches!(line.event, Event::Ended(_))).count();
        ended -= contents.lines.iter().filter(|line| matches!(line.event, Event::Reopened { .. })).count();
        sources.push((run, contents));
    }

    let merged = RunDir::at(into);
    merged.prepare(&plan)?;
    let (mut ledger, _) = merged.open()?;
    let mut flags = Vec::new();
    for (run, contents) in sources {
        flags.push(Event::Flag {
            trial: None,
            flag: FlagName::Merged,
            detail: format!("run {}, ledger {}", contents.run_id, contents.head),
        });
        let events: Vec<Event> = contents.lines.into_iter().map(|line| line.event).collect();
        for some in events.chunks(1024) {
            ledger.append(some)?;
        }
        run.blobs().copy_to(&merged.blobs())?;
    }
    // Last: a ledger begins with the plan that its run was opened with.
    if ledger.head() != first_link(&merged.id()?) {
        ledger.append(&flags)?;
    }
    Ok(Merged { planned: plan.trials.len(), ended })
}
