//! Reading the directory of a run.

use std::path::Path;

use analysis::{Analysis, Folding, Record, Thresholds};
use ledger::{Plan, RunDir};

use crate::failure::Failure;

/// A directory that holds a run, or an error that says what to give instead.
pub(crate) fn open(run: &Path) -> Result<RunDir, Failure> {
    if run.join("run.json").is_file() {
        return Ok(RunDir::at(run));
    }
    Err(Failure::Input(format!(
        "{} holds no run: give the directory that `overhang run` named, as runs/latest",
        run.display()
    )))
}

/// A run's directory, plan and record.
pub(crate) fn read(run: &Path) -> Result<(RunDir, Plan, Record), Failure> {
    let directory = open(run)?;
    let plan = directory.plan().map_err(Failure::input)?;
    let mut folding = Folding::new(&plan);
    let wrong = |error| Failure::Input(format!("{}: {error}", run.display()));
    let ledger = directory.each_line_in_brief(|line| folding.take_brief(line).map_err(wrong))?;
    let record = folding.finish(ledger);
    Ok((directory, plan, record))
}

/// Reads and analyses a run's directory.
pub(crate) fn analyse(run: &Path) -> Result<Analysis, Failure> {
    let (_, plan, record) = read(run)?;
    Ok(analysis::analyse(&plan, &record, &Thresholds::of(&plan)))
}
