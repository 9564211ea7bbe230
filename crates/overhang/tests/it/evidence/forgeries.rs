//! Forgeries of cards, envelopes and runs: each is refused, with its place.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ledger::chain::{first_link, next_link, sha256_hex};
use serde_json::{Value, json};

use super::{done, key, lab, read, said, write};
use crate::lab::Lab;

/// What a command must answer to a forgery.
fn refused(lab: &Lab, name: &str, arguments: &[&str], code: i32, why: &str) {
    let (found, told) = said(lab, arguments);
    assert_eq!(found, code, "{name}: {told}");
    assert!(told.contains(why), "{name}, not for `{why}`: {told}");
}

type Edit = fn(&mut Value);

#[test]
fn of_a_card() {
    let lab = lab();
    let card = read(&lab, "card.json");
    let cases: [(&str, i32, &str, Edit); 27] = [
        ("a score", 7, "results.arms.0.score", |card| card["results"]["arms"][0]["score"] = json!("0.5")),
        ("a gap", 7, "results.gaps.0.estimate.value", |card| {
            card["results"]["gaps"][0]["estimate"]["value"] = json!("0.4")
        }),
        ("an interval", 7, "results.gaps.0.estimate", |card| {
            card["results"]["gaps"][0]["estimate"]["lower"] = json!("0.9")
        }),
        ("a number in a text's place", 7, "results.arms.0.score", |card| {
            card["results"]["arms"][0]["score"] = json!(0)
        }),
        ("outcomes", 7, "arms.0.outcomes", |card| card["arms"][0]["outcomes"] = json!({"PASS": 2})),
        ("a division", 7, "arms.1.division", |card| card["arms"][1]["division"] = json!("closed")),
        ("why it is open", 7, "arms.1.open_for", |card| card["arms"][1]["open_for"] = json!([])),
        ("flags", 7, "flags", |card| card["flags"] = json!([])),
        ("limitations", 7, "limitations", |card| card["limitations"] = json!([])),
        ("a simulated model", 7, "models.0.simulated", |card| card["models"][0]["simulated"] = json!(false)),
        ("who answered", 7, "models.0.served", |card| card["models"][0]["served"] = json!(["better"])),
        ("the tasks", 7, "tasks.digest", |card| card["tasks"]["digest"] = json!("0".repeat(64))),
        ("an image", 7, "tasks.images", |card| card["tasks"]["images"] = json!({})),
        ("the programs", 7, "run.programs", |card| card["run"]["programs"] = json!([])),
        ("the budget", 7, "protocol.budget.tokens", |card| card["protocol"]["budget"]["tokens"] = json!("1")),
        ("what differs", 7, "arm_differences", |card| card["arm_differences"] = json!([])),
        ("a clock turned back", 7, "run.began", |card| card["run"]["began"] = json!("2020-01-01T00:00:00Z")),
        ("a registration", 7, "registration", |card| {
            card["registration"] = json!({"commitment": "0".repeat(64), "at": "2020-01-01T00:00:00Z", "void": [],
                "opened": "{}", "hypotheses": []})
        }),
        ("trials that have ended", 7, "run.ended", |card| card["run"]["ended"] = json!(3)),
        ("the root", 6, "root", |card| card["run"]["root"] = json!("0".repeat(64))),
        ("the ledger's head", 6, "ledger's head", |card| card["run"]["ledger_head"] = json!("0".repeat(64))),
        ("the plan", 6, "plan's digest", |card| card["run"]["plan_digest"] = json!("0".repeat(64))),
        ("another run", 6, "run's id", |card| card["run"]["id"] = json!("other")),
        ("fewer trials", 6, "planned trials", |card| card["run"]["planned"] = json!(2)),
        ("a further field", 2, "unknown field", |card| card["note"] = json!("trust me")),
        ("a missing field", 2, "missing field", |card| drop(card.as_object_mut().unwrap().remove("flags"))),
        ("a later version", 2, "version is 2", |card| card["version"] = json!(2)),
    ];
    for (name, code, why, edit) in cases {
        let mut forged = card.clone();
        edit(&mut forged);
        assert_ne!(forged, card, "{name}");
        write(&lab, "forged.json", &forged);
        refused(&lab, name, &["verify", "forged.json", "run"], code, why);
    }
}

#[test]
fn of_a_cards_spelling() {
    let lab = lab();
    let text = fs_err::read_to_string(lab.root().join("card.json")).unwrap();
    for (name, from, to) in [
        ("a key twice", "\"flags\":", "\"flags\":[],\"flags\":"),
        ("an escape", "\"open\"", "\"\\u006fpen\""),
        ("a space", "\"flags\":", "\"flags\": "),
        ("another order", "{\"arm_differences\"", "{\"version\":1,\"arm_differences\""),
        ("something behind it", "}\n", "}\n\n"),
        ("something before it", "{\"arm_differences\"", " {\"arm_differences\""),
        ("a fraction of nothing", "\"planned\":4", "\"planned\":4.0"),
    ] {
        assert!(text.contains(from), "{name}");
        lab.write("forged.json", &text.replacen(from, to, 1));
        refused(&lab, name, &["verify", "forged.json", "run"], 2, "not as in canonical JSON");
    }
    // `flags` with a Cyrillic `а`.
    let look_alike = read(&lab, "card.json");
    let mut forged = look_alike.clone();
    let flags = forged.as_object_mut().unwrap().remove("flags").unwrap();
    forged["fl\u{430}gs"] = flags;
    write(&lab, "forged.json", &forged);
    refused(&lab, "a look-alike", &["verify", "forged.json", "run"], 2, "unknown field");
    for (name, text) in
        [("something else behind it", text.clone() + "x"), ("half of it", text[..99].to_owned())]
    {
        lab.write("forged.json", &text);
        refused(&lab, name, &["verify", "forged.json"], 2, "not JSON");
    }
}

#[test]
fn of_an_envelope() {
    let lab = lab();
    let envelope = read(&lab, "card.dsse.json");
    let forge = |name: &str, code: i32, why: &str, edit: &dyn Fn(&mut Value)| {
        let mut forged = envelope.clone();
        edit(&mut forged);
        assert_ne!(forged, envelope, "{name}");
        write(&lab, "forged.json", &forged);
        refused(&lab, name, &["verify", "forged.json", "run", "--signers", "signers"], code, why);
    };
    /// The payload with an edit of the statement in it.
    fn payload(envelope: &mut Value, edit: impl Fn(&mut Value)) {
        let bytes = BASE64.decode(envelope["payload"].as_str().unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(&bytes).unwrap();
        edit(&mut statement);
        envelope["payload"] = json!(BASE64.encode(ledger::chain::canonical(&statement)));
    }
    // A statement that contradicts nothing but its signature.
    fn consistent(statement: &mut Value) {
        statement["predicate"]["stated"]["limitations"] = json!(["none"]);
        let card = [ledger::chain::canonical(&statement["predicate"]), b"\n".to_vec()].concat();
        statement["subject"][1]["digest"]["sha256"] = json!(sha256_hex(&card));
    }
    forge("another card under a signature", 5, "none of its signatures", &|envelope| {
        payload(envelope, consistent)
    });
    forge("a card that is not its subject", 2, "subjects", &|envelope| {
        payload(envelope, |statement| statement["predicate"]["flags"] = json!([]))
    });
    forge("a card of a later version", 2, "version is 2", &|envelope| {
        payload(envelope, |statement| {
            statement["predicate"]["version"] = json!(2);
            let card = [ledger::chain::canonical(&statement["predicate"]), b"\n".to_vec()].concat();
            statement["subject"][1]["digest"]["sha256"] = json!(sha256_hex(&card));
        })
    });
    forge("another root as subject", 2, "subjects", &|envelope| {
        payload(envelope, |statement| statement["subject"][0]["digest"]["sha256"] = json!("0".repeat(64)))
    });
    forge("another predicate", 2, "no type of statement", &|envelope| {
        payload(envelope, |statement| statement["predicateType"] = json!("urn:other"))
    });
    forge("a further field of the statement", 2, "unknown field", &|envelope| {
        payload(envelope, |statement| statement["note"] = json!(1))
    });
    forge("another type of payload", 2, "text/plain", &|envelope| {
        envelope["payloadType"] = json!("text/plain")
    });
    forge("no signature", 2, "no signature", &|envelope| envelope["signatures"] = json!([]));
    forge("a signature with a bit more", 5, "none of its signatures", &|envelope| {
        let mut bytes = BASE64.decode(envelope["signatures"][0]["sig"].as_str().unwrap()).unwrap();
        bytes[63] ^= 1;
        envelope["signatures"][0]["sig"] = json!(BASE64.encode(bytes));
    });
    forge("a signature that is none", 5, "not base 64", &|envelope| {
        envelope["signatures"][0]["sig"] = json!("?")
    });
    // Somebody else's signature under a trusted key's name.
    key(&lab, "mallory");
    done(&lab, &["sign", "card.json", "--key", "mallory", "--out", "theirs.json"]);
    let mut theirs = read(&lab, "theirs.json");
    theirs["signatures"][0]["keyid"] = envelope["signatures"][0]["keyid"].clone();
    write(&lab, "theirs.json", &theirs);
    let arguments = ["verify", "theirs.json", "run", "--signers", "signers"];
    refused(&lab, "a borrowed name", &arguments, 5, "which proves nothing");
    refused(&lab, "no signature at all", &["verify", "card.json", "--signers", "signers"], 5, "not signed");
    // Who was trusted with something else, or until yesterday.
    let public = fs_err::read_to_string(lab.root().join("ann.pub")).unwrap();
    for options in ["namespaces=\"git\"", "valid-before=\"20200101Z\""] {
        lab.write("others", &format!("ann@example.org {options} {public}"));
        let arguments = ["verify", "card.dsse.json", "run", "--signers", "others"];
        refused(&lab, options, &arguments, 5, "trusted with cards today");
    }
}

#[test]
fn of_a_signature_of_ssh() {
    let lab = lab();
    key(&lab, "mallory");
    let sign = |key: &str, namespace: &str, file: &str| {
        let arguments = ["-q", "-Y", "sign", "-n", namespace, "-f", key, file];
        let (good, told) = super::succeeds("ssh-keygen", &arguments, lab.root(), None);
        assert!(good, "{told}");
    };
    lab.write("note", "hello");
    sign("ann", "file", "card.json");
    let verify = |signature: &'static str| {
        ["verify", "card.json", "run", "--signers", "signers", "--signature", signature]
    };
    refused(&lab, "for another purpose", &verify("card.json.sig"), 5, "namespace `file`");
    sign("ann", "overhang-card", "note");
    refused(&lab, "of another file", &verify("note.sig"), 5, "does not fit");
    fs_err::remove_file(lab.root().join("card.json.sig")).unwrap();
    sign("mallory", "overhang-card", "card.json");
    refused(&lab, "of another key", &verify("card.json.sig"), 5, "none of those who are trusted");
    refused(&lab, "no signature", &verify("note"), 5, "damaged");
}

/// Edits the run's events, and makes a chain of them that holds.
fn rebuilt(lab: &Lab, edit: impl FnOnce(&mut Vec<Value>)) {
    let run: Value = read(lab, "run/run.json");
    let path = lab.root().join("run/ledger.jsonl");
    let text = fs_err::read_to_string(&path).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    edit(&mut lines);
    let mut link = first_link(run["id"].as_str().unwrap());
    let mut out = Vec::new();
    for (seq, mut line) in lines.into_iter().enumerate() {
        line.as_object_mut().unwrap().remove("hash");
        line["seq"] = json!(seq);
        link = next_link(&link, &line);
        line["hash"] = json!(link);
        out.extend(ledger::chain::canonical(&line));
        out.push(b'\n');
    }
    fs_err::write(path, out).unwrap();
}

#[test]
fn of_a_run() {
    type Forge = fn(&Lab);
    let cases: [(&str, i32, &str, Forge); 9] = [
        ("a plan that can be read in two ways", 6, "stands twice", |lab| {
            lab.edit("run/plan.json", "\"seed\": 1", "\"seed\": 7, \"seed\": 1");
        }),
        ("a score, and the chain made again", 6, "ledger's head", |lab| {
            rebuilt(lab, |lines| {
                let end = lines.iter_mut().find(|line| line["event"]["score"] == json!(0)).unwrap();
                end["event"]["score"] = json!(1);
                end["event"]["outcome"] = json!("PASS");
            })
        }),
        ("a trial's end dropped, and the chain made again", 6, "number of events", |lab| {
            rebuilt(lab, |lines| {
                let at = lines.iter().rposition(|line| line["event"]["event"] == "ended").unwrap();
                lines.remove(at);
            })
        }),
        ("a second end, and the chain made again", 6, "second time", |lab| {
            rebuilt(lab, |lines| {
                let end = lines.iter().find(|line| line["event"]["event"] == "ended").unwrap().clone();
                lines.push(end);
            })
        }),
        ("a line edited", 6, "hash", |lab| {
            lab.edit("run/ledger.jsonl", "\"score\":0,", "\"score\":1,");
        }),
        ("a line cut", 6, "cut short", |lab| {
            let path = lab.root().join("run/ledger.jsonl");
            let text = fs_err::read(&path).unwrap();
            fs_err::write(&path, &text[..text.len() - 5]).unwrap();
        }),
        ("a plan edited", 6, "was edited", |lab| {
            lab.edit("run/plan.json", "\"attempts\": 1", "\"attempts\": 2");
        }),
        ("a plan swapped", 6, "opened with the plan", |lab| {
            lab.edit("run/plan.json", "\"seed\": 1", "\"seed\": 2");
            let digest = sha256_hex(&ledger::chain::canonical(&read(lab, "run/plan.json")));
            let mut run = read(lab, "run/run.json");
            run["plan_digest"] = json!(digest);
            fs_err::write(lab.root().join("run/run.json"), run.to_string()).unwrap();
        }),
        ("a body swapped", 8, "another digest", |lab| {
            let stored = lab.run_dir().blobs().stored().unwrap();
            fs_err::write(&stored[0].path, zstd::encode_all(&b"other"[..], 3).unwrap()).unwrap();
        }),
    ];
    for (name, code, why, forge) in cases {
        let lab = lab();
        forge(&lab);
        refused(&lab, name, &["verify", "card.dsse.json", "run", "--signers", "signers"], code, why);
    }
}

#[test]
fn of_one_trials_proof() {
    let lab = lab();
    let trial = "m:robot/specific:fix/one:1";
    done(&lab, &["bundle", "run", "--trial", trial, "--out", "one.tar.zst"]);
    let unpacked = lab.root().join("one");
    done(&lab, &["open", "one.tar.zst", "--into", "one"]);
    let told = done(&lab, &["verify", "card.dsse.json", "one.tar.zst", "--signers", "signers"]);
    assert!(told.contains(trial), "{told}");
    assert_eq!(fs_err::read_dir(&unpacked).unwrap().count(), 2, "the proof and its bodies");
    let proof = read(&lab, "one/proof.json");
    let cases: [(&str, &str, Edit); 6] = [
        ("another trial's name", "another trial", |proof| proof["trial"] = json!("m:bare/generic:fix/one:1")),
        ("another place", "leads to the root", |proof| proof["index"] = json!(1)),
        ("a larger tree", "leaves", |proof| proof["leaves"] = json!(9)),
        ("a line edited", "does not have the link", |proof| {
            let last = proof["lines"].as_array_mut().unwrap().last_mut().unwrap();
            last["line"]["event"]["score"] = json!(0);
        }),
        ("a line left out", "leads to the root", |proof| {
            drop(proof["lines"].as_array_mut().unwrap().remove(0))
        }),
        ("another way", "leads to the root", |proof| proof["path"][0] = json!("0".repeat(64))),
    ];
    for (name, why, edit) in cases {
        let mut forged = proof.clone();
        edit(&mut forged);
        write(&lab, "one/proof.json", &forged);
        refused(&lab, name, &["verify", "card.dsse.json", "one"], 6, why);
    }
    // Of another run: its ids and times are its own.
    let other = super::lab();
    done(&other, &["bundle", "run", "--trial", trial, "--out", "one.tar.zst"]);
    let theirs = other.root().join("one.tar.zst");
    let arguments = ["verify", "card.dsse.json", theirs.to_str().unwrap()];
    refused(&lab, "another run's proof", &arguments, 6, "leads to the root");
}
