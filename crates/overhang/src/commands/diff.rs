//! `overhang diff`.

use std::process::ExitCode;

use analysis::{Difference, Judgement, Measured, Thresholds};
use ledger::{Digest, PlannedTrial, RunDir, run::Contents};

use crate::{
    cli::{DiffArgs, DiffFormat},
    commands::report::{read, width},
    failure::Failure,
};

/// Exit code when the runs do not tell.
const CANNOT_TELL: u8 = 4;

pub(crate) fn diff(arguments: &DiffArgs) -> Result<ExitCode, Failure> {
    let (run_a, plan_a, ledger_a) = read(&arguments.a)?;
    let (run_b, plan_b, ledger_b) = read(&arguments.b)?;
    let (a, b) =
        (Measured { plan: &plan_a, ledger: &ledger_a }, Measured { plan: &plan_b, ledger: &ledger_b });
    let found =
        analysis::difference(a, b, arguments.common, &Thresholds::of(&plan_a)).map_err(Failure::input)?;
    match arguments.format {
        DiffFormat::Terminal => anstream::print!("{}", report::difference(&found, width())),
        DiffFormat::Md => anstream::print!("{}", report::difference_markdown(&found)),
        DiffFormat::Json => {
            anstream::println!("{}", serde_json::to_string_pretty(&found).map_err(Failure::other)?);
        }
    }
    if arguments.workspaces {
        workspaces(&found, (&run_a, &ledger_a), (&run_b, &ledger_b))?;
    }
    Ok(match arguments.fail_on.map(|limit| found.judgement(limit.0)) {
        None | Some(Judgement::NoRegression) => ExitCode::SUCCESS,
        Some(Judgement::Regression) => ExitCode::FAILURE,
        Some(Judgement::CannotTell) => ExitCode::from(CANNOT_TELL),
    })
}

/// Prints, for each task whose score changed, what the first attempt left in both runs.
fn workspaces(found: &Difference, a: (&RunDir, &Contents), b: (&RunDir, &Contents)) -> Result<(), Failure> {
    for arm in &found.arms {
        for flip in &arm.flips {
            let name =
                PlannedTrial::name(&arm.model, &arm.arm.parse().map_err(Failure::other)?, &flip.task, 1);
            let (Some(left), Some(right)) = (workspace(a.1, &name), workspace(b.1, &name)) else {
                anstream::println!("\n{name}: no workspace in one of the runs");
                continue;
            };
            let left = a.0.blobs().get(&left).map_err(Failure::other)?;
            let right = b.0.blobs().get(&right).map_err(Failure::other)?;
            anstream::println!("\n{name}");
            for change in report::changes(&left, &right, ("A", "B")).map_err(Failure::other)? {
                anstream::println!("{}\n{}", change.path, change.diff);
            }
        }
    }
    Ok(())
}

fn workspace(ledger: &Contents, trial: &ledger::TrialId) -> Option<Digest> {
    ledger.lines.iter().rev().find_map(|line| match &line.event {
        ledger::Event::Ended(end) if end.trial == *trial => end.workspace.clone(),
        _ => None,
    })
}
