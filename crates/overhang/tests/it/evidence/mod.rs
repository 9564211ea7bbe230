//! What a run proves to people who were not there: cards, signatures, bundles, and forgeries of each.

mod bundles;
mod claims;
mod forgeries;
mod registered;

use std::{path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ledger::chain::canonical;
use serde_json::{Value, json};

use crate::{
    lab::{Lab, text},
    records,
};

/// A run, its card, a signed envelope of it, and who is trusted: `ann`.
fn lab() -> Lab {
    let lab = records::lab();
    key(&lab, "ann");
    done(&lab, &["card", "run", "--out", "card.json"]);
    done(&lab, &["sign", "card.json", "--key", "ann"]);
    let public = fs_err::read_to_string(lab.root().join("ann.pub")).unwrap();
    lab.write("signers", &format!("ann@example.org {public}"));
    lab
}

/// Makes an SSH key of this name.
fn key(lab: &Lab, name: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name])
        .current_dir(lab.root())
        .status();
    assert!(made.unwrap().success());
}

/// The exit code of a command, and all that it said.
fn said(lab: &Lab, arguments: &[&str]) -> (i32, String) {
    let mut command = lab.overhang(arguments);
    let output = command.env("XDG_CACHE_HOME", lab.root().join("cache")).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// What a command said that must succeed.
fn done(lab: &Lab, arguments: &[&str]) -> String {
    let (code, said) = said(lab, arguments);
    assert_eq!(code, 0, "{arguments:?}: {said}");
    said
}

fn read(lab: &Lab, path: &str) -> Value {
    serde_json::from_slice(&fs_err::read(lab.root().join(path)).unwrap()).unwrap()
}

/// Writes a document as it must be spelled.
fn write(lab: &Lab, path: &str, value: &Value) {
    fs_err::write(lab.root().join(path), [canonical(value), b"\n".to_vec()].concat()).unwrap();
}

fn succeeds(program: &str, arguments: &[&str], within: &Path, input: Option<&Path>) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(within);
    if let Some(file) = input {
        command.stdin(fs_err::File::open(file).unwrap().into_file());
    }
    let output = command.output().unwrap();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_card_says_what_was_run_and_what_came_out() {
    let lab = lab();
    let card = crate::schema::document("card", &fs_err::read(lab.root().join("card.json")).unwrap());
    assert_eq!((&card["run"]["planned"], &card["run"]["ended"]), (&4.into(), &4.into()));
    assert_eq!(card["arms"][0]["division"], "closed");
    assert_eq!(card["arms"][1]["division"], "open");
    assert_eq!(card["results"]["arms"][1]["score"], "1");
    assert!(card["registration"]["missing"].as_str().unwrap().contains("exploratory"));
    lab.write("stated.toml", "licence = \"CC-BY-4.0\"\ncontacts = [\"ann@example.org\"]\n");
    let told = done(&lab, &["card", "run", "--stated", "stated.toml", "--format", "md"]);
    assert!(told.contains("| licence | CC-BY-4.0 |"), "{told}");
    let page = done(&lab, &["card", "run", "--format", "html"]);
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    lab.write("stated.toml", "license = \"MIT\"\n");
    let (code, told) = said(&lab, &["card", "run", "--stated", "stated.toml"]);
    assert!(code == 2 && told.contains("stated.toml") && told.contains("license"), "{told}");
}

#[test]
fn a_signed_card_is_verified_apart_by_apart() {
    let lab = lab();
    let told = done(&lab, &["verify", "card.dsse.json", "run", "--signers", "signers"]);
    // A key and a run's id are new each time.
    let cut = |told: &str, after: &str, length: usize| {
        let at = told.find(after).unwrap() + after.len();
        format!("{}…{}", &told[..at], &told[at + length..])
    };
    insta::assert_snapshot!(cut(&cut(&told, "SHA256:", 43), "root ", 12));
    let printed = lab.overhang(&["verify", "card.dsse.json", "run", "--json"]).output().unwrap();
    let document = crate::schema::document("verify", &printed.stdout);
    let states: Vec<&str> =
        document["checks"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["open", "holds", "holds", "holds"], "nobody was said to be trusted");
    let told = done(&lab, &["verify", "card.json"]);
    assert_eq!(told.matches("no run was given").count(), 3, "{told}");
}

/// What `ssh-keygen` and OpenSSL say of what is signed here, and the other way round.
#[test]
fn other_programs_read_the_signatures_and_theirs_are_read() {
    let lab = lab();
    done(&lab, &["sign", "card.json", "--key", "ann", "--ssh"]);
    let verify = |signature: &str| {
        let who = ["-I", "ann@example.org", "-n", "overhang-card", "-f", "signers", "-s", signature];
        let arguments = [&["-Y", "verify"][..], &who].concat();
        succeeds("ssh-keygen", &arguments, lab.root(), Some(&lab.root().join("card.json")))
    };
    let (good, told) = verify("card.json.sig");
    assert!(good, "{told}");
    fs_err::remove_file(lab.root().join("card.json.sig")).unwrap();
    let sign = ["-Y", "sign", "-n", "overhang-card", "-f", "ann", "card.json"];
    let (good, told) = succeeds("ssh-keygen", &sign, lab.root(), None);
    assert!(good, "{told}");
    let told = done(&lab, &["verify", "card.json", "--signature", "card.json.sig", "--signers", "signers"]);
    assert!(told.contains("signed by ann@example.org"), "{told}");

    for arguments in [
        ["genpkey", "-algorithm", "ed25519", "-out", "bob.pem"].as_slice(),
        &["pkey", "-in", "bob.pem", "-pubout", "-out", "bob.pub.pem"],
    ] {
        assert!(succeeds("openssl", arguments, lab.root(), None).0);
    }
    done(&lab, &["sign", "card.json", "--key", "bob.pem", "--key", "ann", "--out", "both.json"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify.py");
    let python = |card: &str, key: &[&str]| {
        succeeds("python3", &[&[script, "run", card][..], key].concat(), lab.root(), None)
    };
    let (good, told) = python("both.json", &["bob.pub.pem"]);
    assert!(good && told.contains("signed by bob.pub.pem"), "{told}");
    let told = done(&lab, &["verify", "both.json", "run", "--signers", "bob.pub.pem"]);
    assert!(told.contains("signed by a trusted key"), "{told}");
    let (good, told) = python("card.dsse.json", &["bob.pub.pem"]);
    assert!(!good && told.contains("no signature"), "{told}");
    assert!(python("card.json", &[]).0);
    // What this program refuses, that one does.
    let edits: [fn(&mut Value); 8] = [
        |card| card["arms"][0]["outcomes"] = json!({"PASS": 2}),
        |card| card["arms"][0]["outcomes"] = json!(null),
        |card| card["results"]["arms"][0]["outcomes"] = json!({"PASS": 2}),
        |card| card["results"]["arms"][0]["ended"] = json!(9),
        |card| card["run"]["planned"] = json!(true),
        |card| card["version"] = json!(7),
        |card| card["note"] = json!("trust me"),
        |card| {
            let more = card["arms"][0].clone();
            card["arms"].as_array_mut().unwrap().push(more);
        },
    ];
    for edit in edits {
        let mut card = read(&lab, "card.json");
        edit(&mut card);
        write(&lab, "better.json", &card);
        let (good, told) = python("better.json", &[]);
        assert!(!good && told.contains("error: "), "{told}");
        assert_ne!(said(&lab, &["verify", "better.json", "run"]).0, 0);
    }
    let mut envelope = read(&lab, "card.dsse.json");
    for (from, to) in [("in-toto.io/Statement/v1", "in-toto.io/Statement/v0"), ("}}", "}}\n")] {
        let payload = BASE64.decode(envelope["payload"].as_str().unwrap()).unwrap();
        let text = String::from_utf8(payload).unwrap();
        let at = text.rfind(from).unwrap();
        envelope["payload"] =
            json!(BASE64.encode(format!("{}{to}{}", &text[..at], &text[at + from.len()..])));
        write(&lab, "odd.json", &envelope);
        assert!(!python("odd.json", &[]).0, "{to}");
        assert_eq!(said(&lab, &["verify", "odd.json", "run"]).0, 2, "{to}");
        envelope = read(&lab, "card.dsse.json");
    }
}

#[test]
fn what_cannot_sign_is_told_before_anything_is_written() {
    let lab = lab();
    assert!(
        succeeds("ssh-keygen", &["-q", "-t", "ed25519", "-N", "secret", "-f", "locked"], lab.root(), None).0
    );
    assert!(succeeds("ssh-keygen", &["-q", "-t", "rsa", "-N", "", "-f", "other"], lab.root(), None).0);
    for (key, why) in
        [("locked", "passphrase"), ("other", "ssh-rsa"), ("ann.pub", "neither an SSH key"), ("none", "none")]
    {
        let (code, told) = said(&lab, &["sign", "card.json", "--key", key, "--out", "x"]);
        assert!(code == 2 && told.contains(why), "{key}: {told}");
        assert!(!lab.root().join("x").exists());
    }
    let (code, told) = said(&lab, &["sign", "card.json"]);
    assert!(code == 2 && told.contains("--key"), "{told}");
}
