//! `overhang report`.

use std::{path::Path, process::ExitCode};

use analysis::{Analysis, Folding, Record, Thresholds};
use ledger::{BlobStore, Plan, RunDir};

use crate::{
    cli::{Format, ReportArgs},
    failure::Failure,
};

pub(crate) fn report(arguments: &ReportArgs) -> Result<ExitCode, Failure> {
    let analysis = analyse(&arguments.run)?;
    let blobs = RunDir::at(&arguments.run).blobs();
    for (format, path) in &arguments.export {
        // A file is read anywhere: the width of this terminal is none of its business.
        let text = render(&analysis, &blobs, *format, WIDTH)?;
        fs_err::write(path, text).map_err(Failure::other)?;
        anstream::eprintln!("wrote {}", path.display());
    }
    anstream::print!("{}", render(&analysis, &blobs, arguments.format, width())?);
    Ok(ExitCode::SUCCESS)
}

fn render(analysis: &Analysis, blobs: &BlobStore, format: Format, width: u16) -> Result<String, Failure> {
    match format {
        Format::Terminal => Ok(report::terminal(analysis, width)),
        Format::Json => report::json(analysis).map_err(Failure::other),
        Format::Md => Ok(report::markdown(analysis)),
        Format::Html => Ok(report::html(analysis, blobs)),
        Format::Junit => report::junit(analysis).map_err(Failure::other),
        Format::Csv => report::csv(analysis).map_err(Failure::other),
    }
}

/// Reads and analyses a run's directory.
pub(crate) fn analyse(run: &Path) -> Result<Analysis, Failure> {
    let (_, plan, record) = read(run)?;
    Ok(analysis::analyse(&plan, &record, &Thresholds::of(&plan)))
}

/// A run's directory, plan and record.
pub(crate) fn read(run: &Path) -> Result<(RunDir, Plan, Record), Failure> {
    let directory = open(run)?;
    let plan = directory.plan().map_err(Failure::input)?;
    let mut folding = Folding::new(&plan);
    let wrong = |error| Failure::Input(format!("{}: {error}", run.display()));
    let ledger = directory.each_line(|line| folding.take(line).map_err(wrong))?;
    let record = folding.finish(ledger);
    Ok((directory, plan, record))
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

/// Columns that every table fits in.
const WIDTH: u16 = 160;

/// Columns of the terminal, or enough for every table when there is none.
pub(crate) fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH)
}
