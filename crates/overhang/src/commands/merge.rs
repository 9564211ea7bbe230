//! `overhang merge`.

use ledger::RunDir;

use crate::{cli::MergeArgs, exit::Exit, failure::Failure, runs::open};

pub(crate) fn merge(arguments: &MergeArgs) -> Result<Exit, Failure> {
    let runs: Vec<RunDir> = arguments.runs.iter().map(|run| open(run)).collect::<Result<_, _>>()?;
    let merged = ledger::merge::merge(&arguments.into, &runs).map_err(Failure::input)?;
    outln!(
        "{}: {} of {} planned trials from {} runs",
        arguments.into.display(),
        merged.ended,
        merged.planned,
        runs.len()
    );
    Ok(Exit::Done)
}
