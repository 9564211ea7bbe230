//! `import.toml`: where a folder of tasks was taken from, what was in it, and which of them work.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{FileError, Task, document::Source};

/// The file's name, beside the tasks' directories.
pub const FILE: &str = "import.toml";

/// A folder of imported tasks. Written by `overhang task import`, not by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Where they were taken from: a path or a git URL.
    pub source: String,
    /// The commit, where it was a git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What became of each, by the name of its directory.
    #[serde(default)]
    pub tasks: BTreeMap<String, Entry>,
}

/// One task of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of its files, as in plans; absent when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, unless it is valid.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// What became of an imported task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Its solution scored 1.
    Valid,
    /// Its solution did not score 1: it is void for every model and arm, `TASK_INVALID`.
    Invalid,
    /// It asks for what is not supported, and was not taken.
    Refused,
}

/// Reads a folder's import file; `None` when it has none.
///
/// # Errors
/// If it is not as it was written.
pub fn load(folder: &Path) -> Result<Option<Import>, FileError> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    Source::read(&path)?.parse()?.typed().map(Some)
}

/// The file's text.
///
/// # Errors
/// If it cannot be written as TOML.
pub fn text(import: &Import) -> Result<String, toml::ser::Error> {
    Ok(format!(
        "# Written by `overhang task import`; edit the source and import again.\n{}",
        toml::to_string(import)?
    ))
}

/// Marks a task void that was found invalid when it was imported, and refuses one that has changed since.
pub(crate) fn mark(task: &mut Task) -> Result<(), FileError> {
    let (Some(folder), Some(name)) = (task.path.parent(), task.path.file_name()) else { return Ok(()) };
    let name = name.to_string_lossy();
    let Some(entry) = load(folder)?.and_then(|import| import.tasks.get(&*name).cloned()) else {
        return Ok(());
    };
    if entry.digest.as_ref() != Some(&task.digest) {
        let message = format!("the files of `{}` are no longer those that were imported", task.id);
        let help = "import them again, or move the task out of this folder".to_owned();
        return Err(FileError::at_key(&folder.join(FILE), &["tasks", &name, "digest"], message, help));
    }
    if entry.verdict != Verdict::Valid {
        task.void = Some(entry.why);
    }
    Ok(())
}
