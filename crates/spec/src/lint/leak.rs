//! What the agent must not find: the files of tests and solutions.

use std::{collections::HashSet, io, path::PathBuf};

use sha2::{Digest, Sha256};

use super::files;
use crate::Task;

/// Files shorter than this are no secret: an empty `__init__.py`, a one-line input.
const LEAST: usize = 64;

/// A file of a task's tests or solutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its path.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// The files of tests, solution and wrong solutions that the agent's image must not hold, whatever their name there.
/// Copies in `tests/given/` of what stands in `environment/` are none: the agent is given those.
///
/// # Errors
/// If one cannot be read.
pub fn secrets(task: &Task) -> io::Result<Vec<Secret>> {
    let steps = task.steps.iter().flat_map(|step| [step.path.join("tests"), step.path.join("solution")]);
    let folders = ["tests", "solution", "wrong"].map(|name| task.path.join(name));
    let given: HashSet<Vec<u8>> =
        files(&task.path.join("environment"))?.into_iter().map(fs_err::read).collect::<io::Result<_>>()?;
    let copies = task.path.join("tests/given");
    let mut found = Vec::new();
    for folder in folders.into_iter().chain(steps) {
        for path in files(&folder)? {
            let content = fs_err::read(&path)?;
            if content.len() >= LEAST && !(path.starts_with(&copies) && given.contains(&content)) {
                let (bytes, sha256) = (content.len() as u64, Sha256::digest(&content).into());
                found.push(Secret { path, bytes, sha256 });
            }
        }
    }
    Ok(found)
}
