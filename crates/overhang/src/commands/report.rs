//! `overhang report`.

use std::{path::Path, process::ExitCode};

use analysis::{Analysis, Thresholds};
use ledger::RunDir;

use crate::{
    cli::{Format, ReportArgs},
    failure::Failure,
};

pub(crate) fn report(arguments: &ReportArgs) -> Result<ExitCode, Failure> {
    let analysis = analyse(&arguments.run)?;
    let text = match arguments.format {
        Format::Terminal => report::terminal(&analysis, width()),
        Format::Json => report::json(&analysis).map_err(Failure::other)?,
    };
    anstream::print!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// Reads and analyses a run's directory.
pub(crate) fn analyse(run: &Path) -> Result<Analysis, Failure> {
    let run = open(run)?;
    let plan = run.plan().map_err(Failure::input)?;
    let contents = run.read().map_err(Failure::input)?;
    analysis::analyse(&plan, &contents, &Thresholds::default()).map_err(Failure::input)
}

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

/// Columns of the terminal, or enough for every table when there is none.
pub(crate) fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(160)
}
