//! `overhang bundle`.

use std::{collections::BTreeSet, path::PathBuf};

use evidence::{
    bundle::{self, Bodies, Finding},
    proof,
    secrets::Private,
};

use super::at;
use crate::{cli::BundleArgs, exit::Exit, failure::Failure, runs};

/// Findings that are told; more are counted.
const TOLD: usize = 10;

pub(crate) fn bundle(arguments: &BundleArgs) -> Result<Exit, Failure> {
    let run = runs::open(&arguments.run)?;
    let evidence = evidence::read(&run).map_err(|error| at(&arguments.run, error))?;
    let proof = match &arguments.trial {
        Some(name) => Some(proof::prove(&run, &evidence, name).map_err(|error| at(&arguments.run, error))?),
        None => None,
    };
    let wanted = match &proof {
        _ if arguments.redact => BTreeSet::new(),
        Some(proof) => bundle::named_in(proof),
        None => bundle::named(&run).map_err(Failure::input)?,
    };
    let mut bodies = Bodies { wanted, left: BTreeSet::new() };
    let found = bundle::look(&run, proof.as_ref(), &bodies, &private()).map_err(Failure::other)?;
    if !found.is_empty() {
        if !arguments.redact_keys || found.iter().any(|one| !one.in_body) {
            return Err(refused(&found));
        }
        bodies.left = found.into_iter().map(|one| one.place).collect();
        errln!("left out: {} bodies that hold what looks like a key", bodies.left.len());
    }
    let to = arguments.out.clone().unwrap_or_else(|| {
        let name = PathBuf::from(runs::named(&arguments.run));
        let name = name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        PathBuf::from(format!("{name}{}.tar.zst", if proof.is_some() { "-trial" } else { "" }))
    });
    let written = match &proof {
        Some(proof) => bundle::write_trial(&run, proof, &bodies, &to),
        None => bundle::write(&run, &bodies, &to),
    };
    let written = written.map_err(Failure::other)?;
    outln!(
        "{}: {} bodies, {} left out, {} bytes",
        to.display(),
        written.bodies,
        written.left_out,
        written.bytes
    );
    Ok(Exit::Done)
}

/// What must not leave this machine: the values of variables that are named as keys are.
fn private() -> Private {
    let is_key = |name: &str| ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|end| name.ends_with(end));
    let set = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Private::of(set.filter(|(name, _)| is_key(name)))
}

fn refused(found: &[Finding]) -> Failure {
    let mut text = "what would be given away holds keys, or what looks like some:".to_owned();
    for Finding { place, what, .. } in found.iter().take(TOLD) {
        text.push_str(&format!("\n  {place}: {what}"));
    }
    if found.len() > TOLD {
        text.push_str(&format!("\n  and {} more", found.len() - TOLD));
    }
    text.push_str(if found.iter().all(|one| one.in_body) {
        "\nhelp: --redact-keys leaves these bodies out, and --redact all; a key that was real is to be changed"
    } else {
        "\nhelp: plan and ledger cannot be given away without what stands in them; a key that was real is to be changed"
    });
    Failure::Input(text)
}
