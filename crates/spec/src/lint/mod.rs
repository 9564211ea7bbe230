//! What a task's files alone show: the part of `overhang task check` that needs no container.

mod canary;
mod leak;
mod metadata;
mod names;
mod overlap;

use std::{
    io,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::Task;

pub use leak::{Secret, secrets};
pub use metadata::{FIELDS, families};
pub use overlap::{WORDS, overlap};

/// Something that keeps a task from proving itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// Which rule: a word, as `metadata`.
    pub rule: &'static str,
    /// What is wrong and where, with the way out.
    pub message: String,
}

impl Finding {
    /// A finding of a rule.
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into() }
    }
}

/// Everything that the task's own files show.
///
/// # Errors
/// If one cannot be read.
pub fn task(task: &Task) -> io::Result<Vec<Finding>> {
    let files = files(&task.path)?;
    let mut found = metadata::check(task);
    found.extend(canary::check(task, &files)?);
    found.extend(names::check(task)?);
    for file in &files {
        if String::from_utf8_lossy(&fs_err::read(file)?).contains("FILL IN") {
            found.push(Finding::new("scaffold", format!("{} still says FILL IN", relative(task, file))));
        }
    }
    let wrong = task.wrong().len();
    if wrong < 2 {
        found.push(Finding::new(
            "wrong",
            format!("there are {wrong} wrong solutions in wrong/, and two are the least"),
        ));
    }
    if !task.has_solution() {
        found.push(Finding::new("solution", "there is no solution/solve.sh"));
    }
    Ok(found)
}

/// Every file below a folder, sorted; links are not followed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            if entry.file_type().is_file() {
                found.push(entry.into_path());
            }
        }
    }
    Ok(found)
}

/// A path as it stands in messages: from the task's directory.
fn relative<'p>(task: &Task, path: &'p Path) -> std::path::Display<'p> {
    path.strip_prefix(&task.path).unwrap_or(path).display()
}
