//! What a detector is.

use vocabulary::FlagName;

use crate::{evidence::Evidence, finding::State};

/// Something that can be seen in a trial's record.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// Its name, in lower case with hyphens.
    pub name: &'static str,
    /// Raised by every change of what it finds: findings of two versions are not compared.
    pub version: u32,
    /// The flag that a match raises on its trial.
    pub flag: FlagName,
    /// What it sees, in a sentence.
    pub sees: &'static str,
    /// What it cannot see, in a sentence.
    pub misses: &'static str,
    /// Looks.
    pub run: fn(&Evidence<'_>) -> State,
}
