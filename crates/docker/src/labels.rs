//! The labels every object carries, so that what a dead owner left can be found.

use std::collections::HashMap;

use sandbox::{Labels, Owner};

pub(crate) const RUN: &str = "overhang.run";
pub(crate) const TRIAL: &str = "overhang.trial";
pub(crate) const OWNER: &str = "overhang.owner";
pub(crate) const KEY: &str = "overhang.key";

/// An object's labels.
pub(crate) fn labels(of: &Labels, owner: &Owner) -> HashMap<String, String> {
    HashMap::from([
        (RUN.to_owned(), of.run.clone()),
        (TRIAL.to_owned(), of.trial.clone()),
        (OWNER.to_owned(), owner.to_string()),
    ])
}
