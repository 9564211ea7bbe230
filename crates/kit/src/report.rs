//! What the kit says of a harness.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::FileError;

/// What was found of one harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conformance {
    /// The harness.
    pub harness: String,
    /// Its pinned version.
    pub version: String,
    /// SHA-256 of its pack; absent when there is none.
    pub pack: Option<String>,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// What was measured, by name: `start_up_sec` (from the start of the harness to its first call),
    /// `memory_peak_mb` (of all processes and of the file cache, in MiB), `pack_mb`, `check_sec`.
    pub measured: BTreeMap<String, f64>,
}

impl Conformance {
    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != Verdict::Fail)
    }

    /// How many checks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// Where to mend it, when it failed.
    pub finding: Option<Finding>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As declared.
    Pass,
    /// Not as declared.
    Fail,
    /// There is nothing to look at, or an earlier failure hides it.
    NotApplicable,
}

/// Where a failure is to be mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The key, as `run.env.BASE_URL`.
    pub key: String,
    /// Its line, from 1; absent where the file has no such key.
    pub line: Option<usize>,
    /// What to do.
    pub help: String,
    /// The same as an error that shows the line.
    #[serde(skip)]
    #[schemars(skip)]
    pub error: Option<FileError>,
}
