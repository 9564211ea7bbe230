//! `overhang compare`.

use analysis::{Measured, Thresholds};
use report::View;

use crate::{
    cli::CompareArgs,
    exit::Exit,
    failure::Failure,
    runs::read,
    terminal::{out_styled, width},
};

pub(crate) fn compare(arguments: &CompareArgs) -> Result<Exit, Failure> {
    let runs = arguments.runs.iter().map(|run| read(run)).collect::<Result<Vec<_>, _>>()?;
    let measured: Vec<Measured<'_>> =
        runs.iter().map(|(_, plan, record)| Measured { plan, record }).collect();
    let thresholds = runs.first().map(|(_, plan, _)| Thresholds::of(plan)).unwrap_or_default();
    let found = analysis::compare(&measured, arguments.common, &thresholds).map_err(Failure::input)?;
    let text = arguments.format.render(View::Comparison(&found), width()).map_err(Failure::other)?;
    out_styled(&text);
    Ok(Exit::Done)
}
