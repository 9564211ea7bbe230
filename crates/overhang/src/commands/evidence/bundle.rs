//! `overhang bundle`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use evidence::{
    bundle::{self, Bodies, Finding},
    proof,
    secrets::Private,
};

use gateway::KeySources;
use secrecy::ExposeSecret as _;
use spec::Project;

use super::at;
use crate::{cli::BundleArgs, exit::Exit, failure::Failure, folders, runs};

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
        Some(proof) => bundle::named_in(proof),
        None => bundle::named(&run).map_err(Failure::input)?,
    };
    let left = if arguments.redact { wanted.clone() } else { BTreeSet::new() };
    let mut bodies = Bodies { wanted, left };
    let found =
        bundle::look(&run, proof.as_ref(), &bodies, &private(&arguments.run)).map_err(Failure::other)?;
    if !found.is_empty() {
        if !arguments.redact_keys || found.iter().any(|one| !one.in_body) {
            return Err(refused(&found));
        }
        bodies.left = found.into_iter().map(|one| one.place).collect();
        errln!("left out: {} bodies that hold what looks like a key", bodies.left.len());
    }
    let to = arguments.out.clone().unwrap_or_else(|| {
        let place = fs_err::canonicalize(run.path()).unwrap_or_else(|_| run.path().to_owned());
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let trial = arguments.trial.iter().map(|trial| format!("-{}", trial.replace(['/', ':'], "-")));
        let redacted = if arguments.redact || arguments.redact_keys { "-redacted" } else { "" };
        PathBuf::from(format!("{name}{}{redacted}.tar.zst", trial.collect::<String>()))
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

/// What must not leave this machine: the values of variables that are named as keys are, or that a model's profile
/// names, in the environment and in the project's `.env`, and the files that profiles name.
fn private(run: &Path) -> Private {
    let project = Project::find(run).ok();
    let mut named = BTreeSet::new();
    let mut keys: Vec<(String, String)> = Vec::new();
    for path in project.iter().flat_map(folders::models) {
        let Some(endpoint) = spec::model::load(&path).ok().and_then(|model| model.endpoint) else { continue };
        named.extend(endpoint.key_env);
        if let (Some(project), Some(file)) = (&project, endpoint.key_file) {
            let text = fs_err::read_to_string(project.root.join(&file)).unwrap_or_default();
            keys.push((format!("what is in {file}"), text));
        }
    }
    let is_key = |name: &str| {
        named.contains(name) || ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|end| name.ends_with(end))
    };
    if let Some(sources) = project.as_ref().and_then(|project| KeySources::beside(&project.root).ok()) {
        let of_file = sources.of_file().filter(|(name, _)| is_key(name));
        keys.extend(
            of_file.map(|(name, value)| {
                (format!("the value of {name} in .env"), value.expose_secret().to_owned())
            }),
        );
    }
    let set = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    keys.extend(
        set.filter(|(name, _)| is_key(name)).map(|(name, value)| (format!("the value of {name}"), value)),
    );
    Private::of(keys)
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
