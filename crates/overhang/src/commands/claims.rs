//! `overhang claims`.

use analysis::{Analysis, ClaimVerdict, HeldClaim};
use schemars::JsonSchema;
use serde::Serialize;
use vocabulary::text::harmless;

use crate::{
    cli::ClaimsArgs,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
    runs::analyse,
    terminal::out_wrapped,
};

/// Published numbers beside measured ones.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Held {
    /// One for each claim and each arm that measures it.
    claims: Vec<HeldClaim>,
}

impl Document for Held {}

pub(crate) fn claims(arguments: &ClaimsArgs) -> Result<Exit, Failure> {
    let claims = spec::claims::load(&arguments.claims)?.claims;
    let mut runs: Vec<Analysis> = Vec::new();
    for path in &arguments.runs {
        // As in `runs/*`, which holds a link as well.
        if path.is_dir() && !path.join("run.json").is_file() {
            errln!("note: {} holds no run, and is left out", path.display());
            continue;
        }
        let run = analyse(path)?;
        if runs.iter().all(|other| other.run != run.run) {
            runs.push(run);
        }
    }
    let held = analysis::hold(&claims, &runs);
    let is =
        |verdict: ClaimVerdict| held.iter().any(|one| one.verdict == verdict && one.claim.measured.is_some());
    let exit = if is(ClaimVerdict::NotReproduced) {
        Exit::Failed
    } else if [ClaimVerdict::Inconclusive, ClaimVerdict::NotComparable, ClaimVerdict::NotMeasured]
        .into_iter()
        .any(is)
    {
        Exit::CannotTell
    } else {
        Exit::Done
    };
    if arguments.json {
        json::print(Held { claims: held })?;
    } else {
        out_wrapped(&harmless(&report::claims(&held)));
    }
    Ok(if arguments.strict { exit } else { Exit::Done })
}
