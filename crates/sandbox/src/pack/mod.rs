//! Packs: a harness installed once from its recipe, hashed, and mounted read-only into any task's container.
//!
//! A pack lives in `STORE/NAME-RECIPE/`: `tree/` is what is mounted, `pack.json` what it is. It is built under another
//! name and renamed into place when it is complete and has shown that it runs: what is there can be used.

mod build;
mod environment;
mod recipe;
mod store;
mod tree;

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use build::{BUILDER_IMAGE, SMOKE_IMAGE, build};
pub use recipe::Recipe;
pub use store::{default_store, find};

use crate::error::EngineError;

/// A pack that containers can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its tree on this machine.
    pub dir: PathBuf,
    /// What it is.
    pub manifest: Manifest,
}

/// `pack.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The harness.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of everything the pack is made from.
    pub recipe: String,
    /// SHA-256 over path, mode and content of every file of the tree.
    pub digest: String,
    /// Bytes of all files.
    pub bytes: u64,
    /// Id of the image it was built in.
    pub builder: String,
    /// When.
    pub built_at: jiff::Timestamp,
}

impl Pack {
    /// Where packs of this harness are mounted, while they are built and ever after: installed programs hold absolute
    /// paths.
    pub fn place(harness: &str) -> String {
        format!("/opt/overhang/{harness}")
    }

    /// Where it is found in a container.
    pub fn at(&self) -> String {
        Self::place(&self.manifest.name)
    }
}

/// Why there is no pack.
#[derive(Debug, Error)]
pub enum PackError {
    /// The recipe failed.
    #[error("pack of {harness}: the recipe ended with {end}\n{output}")]
    Recipe {
        /// The harness.
        harness: String,
        /// Exit code, or that the time was up.
        end: String,
        /// The end of its output.
        output: String,
    },
    /// The recipe left something out.
    #[error("pack of {harness}: the recipe did not make {}", missing.join(", "))]
    Incomplete {
        /// The harness.
        harness: String,
        /// Paths in the pack.
        missing: Vec<String>,
    },
    /// What was built does not run, or is another version.
    #[error("pack of {harness}: `{command}` {reason}\n{output}")]
    Smoke {
        /// The harness.
        harness: String,
        /// The command tried.
        command: String,
        /// What was wrong.
        reason: String,
        /// The end of its output.
        output: String,
    },
    /// A command that is no valid template.
    #[error("pack of {harness}: smoke command: {reason}")]
    Template {
        /// The harness.
        harness: String,
        /// What the template engine said.
        reason: String,
    },
    /// The certificates to build with are not there.
    #[error("OVERHANG_CA_BUNDLE: {0} is not a file")]
    CaBundle(PathBuf),
    /// The image packs are built in is not there.
    #[error("image `{0}` is not on this machine: run scripts/setup")]
    NoBuilder(&'static str),
    /// A pack in the store is damaged.
    #[error("{path}: {reason}; remove the directory and build the pack again")]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file of this machine.
    #[error(transparent)]
    Io(#[from] io::Error),
}
