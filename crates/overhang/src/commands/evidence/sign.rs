//! `overhang sign`.

use std::path::PathBuf;

use evidence::{dsse::Envelope, key::Key, statement::Statement, verify};
use ledger::chain::canonical;

use super::{at, beside, file, same_file, write};
use crate::{cli::SignArgs, exit::Exit, failure::Failure};

pub(crate) fn sign(arguments: &SignArgs) -> Result<Exit, Failure> {
    let bytes = file(&arguments.card)?;
    let given = verify::given(&bytes).map_err(|error| at(&arguments.card, error))?;
    if given.is_signed() {
        return Err(at(
            &arguments.card,
            "it is signed already: sign the bare card, with every --key that is to stand in one envelope",
        ));
    }
    let card = given.card;
    let keys = arguments.key.iter().map(|path| Key::read(&file(path)?).map_err(|error| at(path, error)));
    let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
    let written = card.bytes().map_err(Failure::other)?;
    let (text, end) = if arguments.ssh {
        let [key] = keys.as_slice() else {
            return Err(Failure::Input("a signature of SSH is one key's: give one --key".into()));
        };
        // What is signed is the file, which must be the card's own bytes.
        if written != bytes {
            return Err(at(&arguments.card, "it is not a bare card as `overhang card` writes it"));
        }
        (key.sign_ssh(&bytes).map_err(Failure::other)?, ".sig")
    } else {
        let statement =
            Statement::of(&card).and_then(|statement| Ok(canonical(&serde_json::to_value(&statement)?)));
        let envelope = Envelope::seal(&statement.map_err(Failure::other)?, &keys);
        let value = serde_json::to_value(&envelope).map_err(Failure::other)?;
        (String::from_utf8_lossy(&canonical(&value)).into_owned() + "\n", ".dsse.json")
    };
    let usual = || {
        if arguments.ssh { beside(&arguments.card, "", end) } else { beside(&arguments.card, ".json", end) }
    };
    let out = arguments.out.clone().unwrap_or_else(usual);
    let is_out = |path: &PathBuf| same_file(path, &out);
    if arguments.key.iter().chain([&arguments.card]).any(is_out) {
        return Err(at(&out, "it is what is read: give --out another file"));
    }
    write(&out, text.as_bytes())?;
    for key in &keys {
        errln!("signed with {}", key.public().fingerprint());
    }
    Ok(Exit::Done)
}
