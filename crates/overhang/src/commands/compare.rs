//! `overhang compare`.

use std::collections::BTreeSet;

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
    let mut runs = arguments.runs.iter().map(|run| read(run)).collect::<Result<Vec<_>, _>>()?;
    // `runs/*` names the latest run twice, by its link as well.
    let mut seen = BTreeSet::new();
    runs.retain(|(.., record)| seen.insert(record.ledger.run_id.clone()));
    let measured: Vec<Measured<'_>> =
        runs.iter().map(|(_, plan, record)| Measured { plan, record }).collect();
    let thresholds = runs.first().map(|(_, plan, _)| Thresholds::of(plan)).unwrap_or_default();
    let found = analysis::compare(&measured, arguments.common, &thresholds).map_err(Failure::input)?;
    let text = arguments.format.render(View::Comparison(&found), width()).map_err(Failure::other)?;
    out_styled(&text);
    Ok(Exit::Done)
}
