//! `overhang report`.

use std::process::ExitCode;

use analysis::Analysis;
use ledger::{BlobStore, RunDir};

use crate::{
    cli::{Format, ReportArgs},
    failure::Failure,
    runs::analyse,
    terminal::{WIDTH, width},
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
