//! Holding a card against its signature, its run, and what this program computes from that run.
//!
//! Four things are told apart, since each can hold where another does not: who signed, whether the run is whole and the
//! one that the card names, whether the card follows from it, and whether its bodies are what the ledger says.

use std::{collections::BTreeSet, thread};

use jiff::Timestamp;
use ledger::{BlobStore, RunDir, blobs::BlobError};
use serde_json::Value;
use vocabulary::Program;

use crate::{
    Card, Evidence,
    card::make,
    dsse::Envelope,
    key::{self, Public, trust::Signer},
    proof::Proof,
    statement::Statement,
    strict,
};

/// Largest body that is held against its digest, in bytes.
const LARGEST: u64 = 64 << 30;

/// Differences that are told; more are counted.
const TOLD: usize = 12;

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It holds, in words.
    Holds(String),
    /// It does not, one reason each.
    Fails(Vec<String>),
    /// It was not looked at, and why.
    Open(String),
}

impl Check {
    /// Whether it was looked at and does not hold.
    pub fn fails(&self) -> bool {
        matches!(self, Self::Fails(_))
    }

    fn of(wrong: Vec<String>, right: impl FnOnce() -> String) -> Self {
        if wrong.is_empty() { Self::Holds(right()) } else { Self::Fails(wrong) }
    }
}

/// A card as it was given: bare, or in a signed envelope.
pub struct Given {
    /// The card.
    pub card: Card,
    bytes: Vec<u8>,
    envelope: Option<Envelope>,
}

impl Given {
    /// Whether it came in an envelope.
    pub fn is_signed(&self) -> bool {
        self.envelope.is_some()
    }
}

/// Reads a card's file, bare or in an envelope. The bytes are checked before anything is made of them.
///
/// # Errors
/// With what is wrong, where it is neither, or contradicts itself.
pub fn given(file: &[u8]) -> Result<Given, String> {
    let told = |error: strict::Refused| error.to_string();
    let value = strict::value(file).map_err(told)?;
    let Some(_) = value.get("payloadType") else {
        let card: Card = strict::read(file).map_err(told)?;
        return Ok(Given { bytes: written(&card, file)?, card, envelope: None });
    };
    let envelope: Envelope = strict::read(file).map_err(told)?;
    let payload = envelope.payload().map_err(|error| error.to_string())?;
    let within = |error: strict::Refused| format!("its payload: {error}");
    let statement: Statement = strict::read(&payload).map_err(within)?;
    statement.check().map_err(|error| error.to_string())?;
    if statement.bytes().map_err(|error| error.to_string())? != payload {
        return Err("its payload has fields that no statement has".into());
    }
    let card = statement.predicate;
    known_version(&card)?;
    let bytes = card.bytes().map_err(|error| error.to_string())?;
    Ok(Given { card, bytes, envelope: Some(envelope) })
}

/// The card's bytes, which are those of its file: a field that only seems to be known would be lost between the two.
fn written(card: &Card, file: &[u8]) -> Result<Vec<u8>, String> {
    known_version(card)?;
    let bytes = card.bytes().map_err(|error| error.to_string())?;
    let same = bytes.strip_suffix(b"\n") == Some(file.strip_suffix(b"\n").unwrap_or(file));
    if same { Ok(bytes) } else { Err("it has fields that no card has".into()) }
}

fn known_version(card: &Card) -> Result<(), String> {
    match card.version {
        Card::VERSION => Ok(()),
        other => Err(format!("version is {other}: only {} is known here", Card::VERSION)),
    }
}

/// Who signed. `ssh` is a signature of `ssh-keygen -Y sign` beside the card. Without `signers` nobody is trusted, and
/// whose key it is stays open.
pub fn signature(given: &Given, ssh: Option<&[u8]>, signers: Option<&[Signer]>, now: Timestamp) -> Check {
    let trusted = || signers.into_iter().flatten().filter(|one| one.is_trusted(now));
    if let Some(ssh) = ssh {
        return match key::verify_ssh(&given.bytes, ssh) {
            Ok(public) => by(public, trusted(), signers.is_some()),
            Err(error) => Check::Fails(vec![error.to_string()]),
        };
    }
    let Some(envelope) = &given.envelope else {
        return match signers {
            Some(_) => Check::Fails(vec!["the card is not signed".into()]),
            None => Check::Open("the card is not signed".into()),
        };
    };
    let holds = |key: Public| envelope.is_signed_by(key);
    for one in trusted() {
        match holds(one.key) {
            Ok(true) => return Check::Holds(signed_by(one)),
            Ok(false) => {}
            Err(error) => return Check::Fails(vec![error.to_string()]),
        }
    }
    let hints: Vec<&str> = envelope.signatures.iter().map(|one| one.keyid.as_str()).collect();
    let hints = hints.join(", ");
    match signers {
        Some(_) => Check::Fails(vec![format!(
            "none of its signatures is one of those who are trusted with cards today (it names {hints}, which proves nothing)"
        )]),
        None => Check::Open(format!(
            "it names the key {hints}, which proves nothing: say whom you trust with --signers"
        )),
    }
}

fn by<'s>(public: Public, mut trusted: impl Iterator<Item = &'s Signer>, asked: bool) -> Check {
    match trusted.find(|one| one.key == public) {
        Some(one) => Check::Holds(signed_by(one)),
        None if asked => Check::Fails(vec![format!(
            "it is signed with the key {}, which is none of those who are trusted with cards today",
            public.fingerprint()
        )]),
        None => Check::Open(format!(
            "it is signed with the key {}: say whom you trust with --signers",
            public.fingerprint()
        )),
    }
}

fn signed_by(signer: &Signer) -> String {
    let name = if signer.name.is_empty() { "a trusted key" } else { &signer.name };
    format!("signed by {name} ({})", signer.key.fingerprint())
}

/// Whether a run is whole, and the one that a card names. Its chain, plan and ends were checked while it was read.
pub fn consistency(card: &Card, evidence: &Evidence) -> Check {
    let (run, ledger) = (&card.run, &evidence.record.ledger);
    let root = evidence.tree.root();
    let pairs = [
        ("run's id", run.id.clone(), ledger.run_id.clone()),
        ("plan's digest", run.plan_digest.clone(), ledger.plan_digest.clone()),
        ("ledger's head", run.ledger_head.clone(), ledger.head.clone()),
        ("number of events", run.ledger_events.to_string(), ledger.events.to_string()),
        ("number of planned trials", run.planned.to_string(), evidence.plan.trials.len().to_string()),
        ("number of leaves", run.leaves.to_string(), evidence.tree.size().to_string()),
        ("root", run.root.clone(), root.clone()),
    ];
    let wrong = pairs.into_iter().filter(|(_, card, run)| card != run);
    let wrong =
        wrong.map(|(what, card, run)| format!("the {what} is {run} in the run, and {card} in the card"));
    Check::of(wrong.collect(), || {
        format!("{} events in one chain, {} trials planned, root {}", ledger.events, run.planned, &root[..12])
    })
}

/// Whether the card is the one that this program makes of the run.
pub fn derivation(card: &Card, evidence: &Evidence, blobs: &BlobStore, this: &Program) -> Check {
    let stated = card.stated.clone();
    let mut again = match make(evidence, blobs, stated, this.clone()) {
        Ok(again) => again,
        Err(error) => return Check::Fails(vec![error.to_string()]),
    };
    let left_out = evidence.lacks_inputs(blobs);
    if left_out {
        for (again, card) in again.models.iter_mut().zip(&card.models) {
            again.profile = card.profile.clone();
        }
    }
    let other = (card.made_by != *this).then(|| format!("made by {}, made again by {this}", card.made_by));
    again.made_by = card.made_by.clone();
    let (found, wanted) = match (serde_json::to_value(card), serde_json::to_value(&again)) {
        (Ok(found), Ok(wanted)) => (found, wanted),
        (Err(error), _) | (_, Err(error)) => return Check::Fails(vec![error.to_string()]),
    };
    let mut wrong = Vec::new();
    differ("", &found, &wanted, &mut wrong);
    if wrong.len() > TOLD {
        let more = wrong.len() - TOLD;
        wrong.truncate(TOLD);
        wrong.push(format!("and {more} more"));
    }
    if !wrong.is_empty() {
        wrong.extend(other.map(|other| format!("{other}: that program may have computed otherwise")));
        return Check::Fails(wrong);
    }
    let mut whole = "every number of the card follows from the run".to_owned();
    if left_out {
        whole.push_str(
            "; the models' profiles are as the card states them, since what agents were given was left out",
        );
    }
    Check::Holds(other.map_or_else(|| whole.clone(), |other| format!("{whole}; {other}")))
}

/// Where two documents differ, as dotted paths with both values.
fn differ(path: &str, found: &Value, wanted: &Value, into: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            for key in found.keys().chain(wanted.keys()).collect::<BTreeSet<_>>() {
                let none = Value::Null;
                differ(&below(key), found.get(key).unwrap_or(&none), wanted.get(key).unwrap_or(&none), into);
            }
        }
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            for (place, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                differ(&below(&place.to_string()), found, wanted, into);
            }
        }
        _ if found == wanted => {}
        _ => {
            into.push(format!("{path}: the card says {}, and the run gives {}", short(found), short(wanted)))
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
}

/// Whether all bodies that are there have their digests, and how many that the ledger names are not there.
///
/// # Errors
/// Where the ledger or the folder of bodies cannot be read.
pub fn bodies(run: &RunDir) -> Result<Check, BlobError> {
    let named = match crate::bundle::named(run) {
        Ok(named) => named,
        Err(error) => return Ok(Check::Fails(vec![error.to_string()])),
    };
    let blobs = run.blobs();
    let stored = blobs.stored()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = stored.len().div_ceil(cores).max(1);
    let wrong: Vec<String> = thread::scope(|scope| {
        let looks = |part: &'_ [ledger::blobs::Stored]| {
            let damaged = part.iter().filter_map(|one| blobs.check(&one.digest, LARGEST).err());
            damaged.map(|error| error.to_string()).collect::<Vec<_>>()
        };
        let parts: Vec<_> = stored.chunks(share).map(|part| scope.spawn(move || looks(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    });
    let there: BTreeSet<&str> = stored.iter().map(|one| one.digest.0.as_str()).collect();
    let missing = named.iter().filter(|one| !there.contains(one.as_str())).count();
    let found = named.len() - missing;
    if !wrong.is_empty() {
        return Ok(Check::Fails(wrong));
    }
    Ok(if missing == 0 {
        Check::Holds(format!(
            "all {found} bodies are there and have their digests; calls can be replayed from them"
        ))
    } else {
        Check::Open(format!(
            "{missing} of {} bodies were left out; those that are there have their digests",
            named.len()
        ))
    })
}

/// Whether a trial that is given alone is one of the run that a card is about, and its bodies are what its lines name.
pub fn trial(card: &Card, proof: &Proof, blobs: &BlobStore) -> (Check, Check) {
    let mut wrong = Vec::new();
    if proof.version != Proof::VERSION {
        wrong.push(format!("version is {}: only {} is known here", proof.version, Proof::VERSION));
    }
    match proof.root() {
        Ok(root) if root == card.run.root => {}
        Ok(root) => wrong.push(format!("it leads to the root {root}, and the card says {}", card.run.root)),
        Err(error) => wrong.push(error),
    }
    if proof.leaves != card.run.leaves {
        wrong.push(format!(
            "it is of a tree of {} leaves, and the card says {}",
            proof.leaves, card.run.leaves
        ));
    }
    let inclusion = Check::of(wrong, || {
        format!("{} is trial {} of the run, with {} lines", proof.trial, proof.index, proof.lines.len())
    });
    let named = crate::bundle::named_in(proof);
    let there =
        named.iter().filter(|one| blobs.room(&ledger::Digest((*one).clone())).is_ok_and(|room| room > 0));
    let there: Vec<&String> = there.collect();
    let damaged = there.iter().filter_map(|one| {
        let digest = ledger::Digest((**one).clone());
        blobs.check(&digest, LARGEST).err().map(|error| error.to_string())
    });
    let bodies = Check::of(damaged.collect(), || {
        format!("{} of {} bodies are there and have their digests", there.len(), named.len())
    });
    (inclusion, bodies)
}
