//! The user's file: models × arms × tasks × attempts, budget and limits.

use std::path::Path;

pub use vocabulary::sweep::{Announcement, Budget, Helpers, Losses, Network, ServerTools, Settings, Sweep};

use crate::{
    FileError,
    document::{Document, Findings, Source},
};

/// Reads a sweep and checks it by itself. Whether what it names exists is found by [`crate::Project::resolve`].
pub fn load(path: &Path) -> Result<Sweep, FileError> {
    read(&Source::read(path)?.parse()?)
}

/// Reads a sweep from its document.
pub(crate) fn read(document: &Document<'_>) -> Result<Sweep, FileError> {
    let sweep: Sweep = document.typed()?;
    let mut findings = Findings::new(document);
    if !sweep.arms.contains(&sweep.baseline) {
        let place = if document.span(&["baseline"]).is_some() { "baseline" } else { "arms" };
        findings.at(
            &[place],
            format!("the baseline `{}` is not one of `arms`", sweep.baseline),
            "add it to `arms`, or make one of them the `baseline`".to_owned(),
        );
    }
    if sweep.baseline.again {
        findings.at(
            &["baseline"],
            "the baseline is marked as a second one".to_owned(),
            format!("write `{}`; `/again` belongs to the control in `arms`", sweep.baseline.first()),
        );
    }
    for (index, arm) in sweep.arms.iter().enumerate() {
        if arm.again && arm.first() != sweep.baseline {
            findings.at(
                &["arms", &index.to_string()],
                format!("`{arm}` repeats an arm that is not the baseline"),
                format!("only the baseline is run a second time: write `{}/again`", sweep.baseline.first()),
            );
        }
    }
    findings.or(sweep)
}
