//! The labels every object carries, so that what a dead owner left can be found.

use std::collections::HashMap;

use crate::owner::Owner;

pub(crate) const RUN: &str = "overhang.run";
pub(crate) const TRIAL: &str = "overhang.trial";
pub(crate) const OWNER: &str = "overhang.owner";
pub(crate) const KEY: &str = "overhang.key";

/// What an object is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The run.
    pub run: String,
    /// The trial, or another name for the use within the run.
    pub trial: String,
}

impl Labels {
    pub(crate) fn with_owner(&self, owner: &Owner) -> HashMap<String, String> {
        HashMap::from([
            (RUN.to_owned(), self.run.clone()),
            (TRIAL.to_owned(), self.trial.clone()),
            (OWNER.to_owned(), owner.to_string()),
        ])
    }
}
