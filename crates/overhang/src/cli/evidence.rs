//! Arguments of `overhang card`, `sign`, `verify`, `bundle` and `open`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::exit::Exit;

#[derive(Args, Debug)]
pub(crate) struct CardArgs {
    /// Directory of the run, as `runs/latest`, or its bundle.
    pub(crate) run: PathBuf,
    /// What is written.
    #[arg(long, value_enum, default_value_t = CardFormat::Json)]
    pub(crate) format: CardFormat,
    /// File to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What only you can say, in TOML: `licence`, `contacts`, `limitations`, `tuning`.
    #[arg(long, value_name = "FILE")]
    pub(crate) stated: Option<PathBuf>,
}

/// The forms of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CardFormat {
    /// Canonical JSON: what is signed and verified.
    Json,
    /// Markdown, for people.
    Md,
    /// A page that needs nothing beside it.
    Html,
}

#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// The card, as `overhang card` wrote it.
    pub(crate) card: PathBuf,
    /// Your private key: an SSH key of the kind ed25519, or OpenSSL's PEM file. There is no default.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) key: Vec<PathBuf>,
    /// Write a signature as `ssh-keygen -Y sign` makes it, in place of an envelope.
    #[arg(long)]
    pub(crate) ssh: bool,
    /// File to write [default: beside the card, CARD.dsse.json or CARD.sig].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The card, or its signed envelope.
    pub(crate) card: PathBuf,
    /// The run it is of: a directory, a bundle, or the bundle of one trial.
    pub(crate) run: Option<PathBuf>,
    /// Whom you trust: a file of `allowed_signers` as for ssh-keygen, the keys that a forge publishes of an account,
    /// or a public key's PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) signers: Option<PathBuf>,
    /// A signature of `ssh-keygen -Y sign -n overhang-card` beside the card.
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BundleArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// File to write [default: NAME.tar.zst after the run's directory, with what was left out in the name].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Only this trial, with what shows that it is of the run: the others, and hidden tests, stay private.
    #[arg(long, value_name = "TRIAL")]
    pub(crate) trial: Option<String>,
    /// Leave all bodies out: requests, answers, workspaces, outputs. Their digests stay.
    #[arg(long)]
    pub(crate) redact: bool,
    /// Leave out the bodies that hold what looks like a key.
    #[arg(long, conflicts_with = "redact")]
    pub(crate) redact_keys: bool,
}

#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    /// The bundle.
    pub(crate) bundle: PathBuf,
    /// Unpack it into a new directory, too.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ClaimsArgs {
    /// What was claimed, in TOML: see docs/guides/claims.md.
    pub(crate) claims: PathBuf,
    /// Runs that measure it: directories or bundles.
    pub(crate) runs: Vec<PathBuf>,
    /// Exit with 1 when a claim that names its runs is not reproduced, and with 4 when one cannot be told.
    #[arg(long)]
    pub(crate) strict: bool,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const CLAIMS_HELP: &str = "\
What the protocols differ in comes first, and what a source does not state is
told as not stated. Then the numbers, by a margin that each claim states:
  REPRODUCED       the whole interval of the difference is within the margin
  NOT REPRODUCED   the whole interval is outside it
  INCONCLUSIVE     it reaches over; how many tasks would settle it is told
  NOT COMPARABLE   the two measure different things, as best of 3 and one try
  NOT MEASURED     no run that was given measures it

Examples:
  overhang claims docs/claims/disputes.toml
  overhang claims claims.toml runs/latest";

pub(crate) const CARD_HELP: &str = "\
The card is made of the run alone, apart from what --stated says, so that
anybody who has the run can make it again. What is not known stands there with
its reason. Numbers with a fraction are decimal texts.

Examples:
  overhang card runs/latest --stated stated.toml --out card.json
  overhang card runs/latest --format md";

pub(crate) const SIGN_HELP: &str = "\
An envelope (DSSE) holds an in-toto Statement about the run's root and the card.
A key with a passphrase is not read here; ssh-keygen signs with it, or with the
agent that holds it:
  ssh-keygen -Y sign -n overhang-card -f KEY card.json
  overhang verify card.json --signature card.json.sig --signers allowed_signers

Examples:
  ssh-keygen -t ed25519 -f key -N ''
  overhang sign card.json --key key
  overhang sign card.json --key key --ssh";

const VERIFY_HELP: &str = "\
Four things are told apart, and need no network:
  signature    who of those you trust signed it
  consistency  the run is whole, its chain holds, and it is the one of the card
  derivation   this program makes the same card of the run, number by number
  bodies       requests, answers and workspaces have the digests on record
What was not given is not looked at, and that is said. A signature proves who
stands for a card, never that its numbers are right.

Examples:
  overhang verify card.json runs/latest
  overhang verify card.dsse.json run.tar.zst --signers allowed_signers
  overhang verify card.dsse.json trial.tar.zst   # one trial that was given alone";

pub(crate) fn verify_help() -> String {
    let codes = Exit::meanings(&[
        (Exit::Done, "all that was looked at holds"),
        (Exit::BadInput, "the card cannot be read"),
        (Exit::Signature, "the signature does not hold"),
        (Exit::Consistency, "the run is not the one of the card, or is not whole"),
        (Exit::Derivation, "the card does not follow from the run"),
        (Exit::Bodies, "a body is not what the ledger says"),
    ]);
    format!("{codes} Where several fail, the first of them.\n\n{VERIFY_HELP}")
}

pub(crate) const BUNDLE_HELP: &str = "\
Two bundles of the same run have the same bytes. Before one is written, plan,
ledger and bodies are looked through for keys: those that the project's models
are reached with, the values of variables that end in KEY, TOKEN, SECRET or
PASSWORD, in the environment and in .env, and whatever has the form of one. What
`key_command` prints is not known here.

Examples:
  overhang bundle runs/latest
  overhang bundle runs/latest --redact --out small.tar.zst
  overhang bundle runs/latest --trial codex/generic:fix/last-lines:1
  overhang open demo-1a2b3c4d.tar.zst";
