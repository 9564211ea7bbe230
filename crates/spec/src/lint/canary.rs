//! The canary: a text in every file, by which a training set that holds the task can be told.

use std::{io, path::PathBuf};

use super::{Finding, relative};
use crate::Task;

pub(super) fn check(task: &Task, files: &[PathBuf]) -> io::Result<Vec<Finding>> {
    let Some(canary) = task.metadata.get("canary").and_then(serde_json::Value::as_str) else {
        return Ok(Vec::new());
    };
    let text = format!("overhang canary {canary}");
    let mut found = Vec::new();
    for file in files {
        let content = fs_err::read(file)?;
        if !content.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(Finding::new("canary", format!("{} lacks `{text}`", relative(task, file))));
        }
    }
    Ok(found)
}
