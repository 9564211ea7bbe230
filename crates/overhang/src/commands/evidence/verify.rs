//! `overhang verify`.

use std::path::Path;

use evidence::{
    bundle::{self, PROOF},
    key::trust::{self, Signer},
    proof::Proof,
    strict,
    verify::{self, Check, Given},
};
use ledger::BlobStore;
use schemars::JsonSchema;
use serde::Serialize;
use vocabulary::text::harmless;

use super::{at, file};
use crate::{
    cli::VerifyArgs,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
    program::program,
    runs,
};

/// What is told apart, in the order in which failures count.
const PARTS: [(&str, Exit); 4] = [
    ("signature", Exit::Signature),
    ("consistency", Exit::Consistency),
    ("derivation", Exit::Derivation),
    ("bodies", Exit::Bodies),
];

/// A card that was held against its signature, its run, and what follows from it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Verified {
    /// The run that the card names.
    run: String,
    /// The root that it names.
    root: String,
    /// Whether all that was looked at holds; `null` where nothing was.
    holds: Option<bool>,
    /// What was looked at.
    checks: Vec<Part>,
}

/// One thing that was looked at.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Part {
    /// `signature`, `consistency`, `derivation` or `bodies`.
    name: String,
    /// How it stands.
    state: State,
    /// In words: what holds, why it was not looked at, or what is wrong.
    said: Vec<String>,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It was not looked at.
    Open,
}

impl Document for Verified {}

pub(crate) fn verify(arguments: &VerifyArgs) -> Result<Exit, Failure> {
    let given = verify::given(&file(&arguments.card)?).map_err(|error| at(&arguments.card, error))?;
    let signers = arguments.signers.as_deref().map(trusted).transpose()?;
    let ssh = arguments.signature.as_deref().map(file).transpose()?;
    let signature = verify::signature(&given, ssh.as_deref(), signers.as_deref(), jiff::Timestamp::now());
    let [consistency, derivation, bodies] = of_run(&given, arguments.run.as_deref())?;
    let checks = [signature, consistency, derivation, bodies];
    let exit =
        PARTS.iter().zip(&checks).find(|(_, check)| check.fails()).map_or(Exit::Done, |((_, exit), _)| *exit);
    let looked_at = checks.iter().any(|check| !matches!(check, Check::Open(_)));
    let parts = PARTS.iter().zip(checks).map(|((name, _), check)| part(name, check)).collect();
    let verified = Verified {
        run: given.card.run.id.clone(),
        root: given.card.run.root.clone(),
        holds: looked_at.then_some(exit == Exit::Done),
        checks: parts,
    };
    if arguments.json {
        json::print(verified)?;
    } else {
        outln!("{}", harmless(&told(&verified)));
    }
    Ok(exit)
}

fn trusted(path: &Path) -> Result<Vec<Signer>, Failure> {
    let text = fs_err::read_to_string(path).map_err(Failure::input)?;
    let signers = trust::signers(&text)
        .map_err(|error| Failure::Input(format!("{}:{}: {}", path.display(), error.line, error.what)))?;
    if signers.is_empty() {
        return Err(at(path, "it names nobody with a key of the kind ssh-ed25519"));
    }
    Ok(signers)
}

/// What a run says of a card: consistency, derivation, bodies.
fn of_run(given: &Given, run: Option<&Path>) -> Result<[Check; 3], Failure> {
    let open = |why: &str| Check::Open(why.to_owned());
    let Some(path) = run else {
        return Ok([(); 3].map(|()| open("no run was given")));
    };
    // What was unpacked before could have been changed since.
    let scratch = tempfile::tempdir().map_err(Failure::other)?;
    let place = if path.is_file() {
        bundle::unpack(path, scratch.path()).map_err(|error| at(path, error))?;
        scratch.path()
    } else {
        path
    };
    if place.join(PROOF).is_file() && !place.join("run.json").exists() {
        let proof: Proof = strict::read(&file(&place.join(PROOF))?).map_err(|error| at(path, error))?;
        let blobs = BlobStore::new(place.join("blobs"));
        let (inclusion, bodies) = verify::trial(&given.card, &proof, &blobs);
        return Ok([inclusion, open("one trial alone gives no numbers"), bodies]);
    }
    let run = runs::open(place)?;
    let evidence = match evidence::read(&run) {
        Ok(evidence) => evidence,
        Err(error) => {
            let unread = "the run cannot be read as a whole";
            return Ok([Check::Fails(vec![error.to_string()]), open(unread), open(unread)]);
        }
    };
    let consistency = verify::consistency(&given.card, &evidence);
    let derivation = if consistency.fails() {
        open("the run is not the one of the card")
    } else {
        verify::derivation(&given.card, &evidence, &run.blobs(), &program())
    };
    let bodies = verify::bodies(&run).map_err(Failure::other)?;
    Ok([consistency, derivation, bodies])
}

fn part(name: &str, check: Check) -> Part {
    let (state, said) = match check {
        Check::Holds(said) => (State::Holds, vec![said]),
        Check::Fails(said) => (State::Fails, said),
        Check::Open(said) => (State::Open, vec![said]),
    };
    Part { name: name.to_owned(), state, said }
}

fn told(verified: &Verified) -> String {
    let line = |part: &Part| match (part.state, part.said.as_slice()) {
        (State::Holds, said) => format!("{:<12} holds  {}", part.name, said.join("; ")),
        (State::Open, said) => format!("{:<12} open   {}", part.name, said.join("; ")),
        (State::Fails, said) => {
            let reasons: String = said.iter().map(|one| format!("\n  {one}")).collect();
            format!("{:<12} FAILS{reasons}", part.name)
        }
    };
    verified.checks.iter().map(line).collect::<Vec<_>>().join("\n")
}
