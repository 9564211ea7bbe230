//! A recorded run that answers another run's model calls in the providers' place.

use std::{collections::BTreeMap, sync::Arc};

use gateway::{Cassette, CassetteError};
use ledger::{BlobStore, CallRecord, Event, Replay, RunDir, TrialId, run::RunError};
use spec::harness::Normaliser;

/// A recorded run.
#[derive(Clone, Debug)]
pub struct Recording {
    replay: Replay,
    blobs: BlobStore,
    /// Each trial's calls in its last try, which is the one that ended it if it has ended.
    trials: Arc<BTreeMap<TrialId, Vec<CallRecord>>>,
}

impl Recording {
    /// Reads a run's ledger. With `require_hit` a request that is not the recorded one ends its trial.
    ///
    /// # Errors
    /// When the ledger is missing or damaged.
    pub fn read(run: &RunDir, require_hit: bool) -> Result<Self, RunError> {
        let contents = run.read()?;
        let mut trials: BTreeMap<TrialId, Vec<CallRecord>> = BTreeMap::new();
        for line in contents.lines {
            match line.event {
                Event::Started { trial, .. } => drop(trials.insert(trial, Vec::new())),
                Event::Call(call) => trials.entry(call.trial.clone()).or_default().push(*call),
                _ => {}
            }
        }
        let replay = Replay { run: contents.run_id, ledger_head: contents.head, require_hit };
        Ok(Self { replay, blobs: run.blobs(), trials: Arc::new(trials) })
    }

    /// What the plan of a run says that is answered from this one.
    pub fn stamp(&self) -> Replay {
        self.replay.clone()
    }

    /// Whether the trial was carried out in the recorded run.
    pub fn holds(&self, trial: &TrialId) -> bool {
        self.trials.contains_key(trial)
    }

    /// The calls that answer a trial. Reads every request of it.
    pub(crate) fn cassette(
        &self,
        trial: &TrialId,
        normalisers: &[Normaliser],
    ) -> Result<Cassette, CassetteError> {
        let calls = self.trials.get(trial).map_or(&[][..], Vec::as_slice);
        Cassette::load(self.blobs.clone(), calls, normalisers, self.replay.require_hit)
    }
}
