//! `overhang claims`.

use analysis::{ClaimVerdict, HeldClaim};
use schemars::JsonSchema;
use serde::Serialize;

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
    let runs = arguments.runs.iter().map(|run| analyse(run)).collect::<Result<Vec<_>, _>>()?;
    let held = analysis::hold(&claims, &runs);
    let fails = held.iter().any(|one| one.verdict == ClaimVerdict::NotReproduced);
    if arguments.json {
        json::print(Held { claims: held })?;
    } else {
        out_wrapped(&report::claims(&held));
    }
    Ok(Exit::done_if(!(fails && arguments.strict)))
}
