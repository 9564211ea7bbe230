//! The run's tree: its root is what a signature is about, and one trial can be shown to be under it while the others
//! stay private (docs/architecture/evidence.md).

use std::collections::HashMap;

use ledger::{BriefLine, PlannedTrial, run::Checked};
use sha2::{Digest as _, Sha256};

use crate::{
    hex,
    merkle::{self, Hash},
};

/// The hashes of a run's leaves: first the run as a whole, then each planned trial, in the plan's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    leaves: Vec<Hash>,
}

/// A tree in the making: give it every line of the ledger in order.
pub(crate) struct Growing {
    trials: Vec<Sha256>,
    places: HashMap<String, usize>,
}

impl Growing {
    pub(crate) fn new(planned: &[PlannedTrial]) -> Self {
        let begun = |trial: &PlannedTrial| {
            let mut hash = Sha256::new();
            hash.update([0]);
            hash.update(&trial.id.0);
            hash.update(b"\n");
            hash
        };
        Self {
            trials: planned.iter().map(begun).collect(),
            places: planned.iter().enumerate().map(|(place, trial)| (trial.id.0.clone(), place)).collect(),
        }
    }

    /// Takes the next line; those about the run are in its chain alone.
    pub(crate) fn take(&mut self, line: &BriefLine<'_>) {
        let place = line.what.trial().and_then(|trial| self.places.get(trial));
        if let Some(place) = place {
            let hash = &mut self.trials[*place];
            hash.update(&line.hash);
            hash.update(b"\n");
        }
    }

    pub(crate) fn finish(self, run: &Checked) -> Tree {
        let trials = self.trials.into_iter().map(|hash| hash.finalize().into());
        Tree { leaves: std::iter::once(merkle::leaf(&run_leaf(run))).chain(trials).collect() }
    }
}

/// The leaf of the run as a whole: its id, its plan's digest, the last link of its chain, and how many events that is.
fn run_leaf(run: &Checked) -> Vec<u8> {
    let Checked { run_id, plan_digest, head, events, .. } = run;
    format!("{run_id}\n{plan_digest}\n{head}\n{events}\n").into_bytes()
}

/// The leaf of a trial: its name, then the chain's link after each line about it, a line each.
pub(crate) fn trial_leaf<'l>(trial: &str, links: impl Iterator<Item = &'l str>) -> Vec<u8> {
    let mut leaf = format!("{trial}\n");
    for link in links {
        leaf.push_str(link);
        leaf.push('\n');
    }
    leaf.into_bytes()
}

impl Tree {
    /// Its root, in digits.
    pub fn root(&self) -> String {
        hex::text(&merkle::root(&self.leaves))
    }

    /// Number of leaves: planned trials, and one.
    pub fn size(&self) -> usize {
        self.leaves.len()
    }

    /// What proves that the trial in this place of the plan is under the root; `None` where there is none.
    pub fn path(&self, place: usize) -> Option<Vec<Hash>> {
        merkle::path(&self.leaves, place + 1)
    }
}
