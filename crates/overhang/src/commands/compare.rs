//! `overhang compare`.

use std::process::ExitCode;

use analysis::{Measured, Thresholds};

use crate::{
    cli::{CompareArgs, CompareFormat},
    failure::Failure,
    runs::read,
    terminal::width,
};

pub(crate) fn compare(arguments: &CompareArgs) -> Result<ExitCode, Failure> {
    let runs = arguments.runs.iter().map(|run| read(run)).collect::<Result<Vec<_>, _>>()?;
    let measured: Vec<Measured<'_>> =
        runs.iter().map(|(_, plan, record)| Measured { plan, record }).collect();
    let thresholds = runs.first().map(|(_, plan, _)| Thresholds::of(plan)).unwrap_or_default();
    let found = analysis::compare(&measured, arguments.common, &thresholds).map_err(Failure::input)?;
    match arguments.format {
        CompareFormat::Terminal => anstream::print!("{}", report::comparison(&found, width())),
        CompareFormat::Json => {
            anstream::println!("{}", serde_json::to_string_pretty(&found).map_err(Failure::other)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
