//! Runs as one file: what is in them, what is left out, and archives that are none.

use tar::{EntryType, Header};

use super::{done, lab, said};
use crate::lab::Lab;

#[test]
fn two_bundles_of_a_run_have_the_same_bytes_and_every_command_reads_them() {
    let lab = lab();
    done(&lab, &["bundle", "run", "--out", "a.tar.zst"]);
    done(&lab, &["bundle", "run", "--out", "b.tar.zst"]);
    let bytes = |name: &str| fs_err::read(lab.root().join(name)).unwrap();
    assert_eq!(bytes("a.tar.zst"), bytes("b.tar.zst"));
    let told = done(&lab, &["verify", "card.dsse.json", "a.tar.zst", "--signers", "signers"]);
    assert_eq!(told.matches("holds").count(), 4, "{told}");
    let report = |run: &str| done(&lab, &["report", run, "--format", "json"]);
    assert_eq!(report("a.tar.zst"), report("run"));
    let shown = |run: &str| done(&lab, &["show", run, "robot/specific:fix"]);
    assert_eq!(shown("a.tar.zst"), shown("run"));
    let told = done(&lab, &["open", "a.tar.zst", "--into", "copy"]);
    assert!(told.contains("overhang show a.tar.zst"), "{told}");
    assert_eq!(report("copy"), report("run"));
    let (code, told) = said(&lab, &["open", "a.tar.zst", "--into", "copy"]);
    assert!(code == 2 && told.contains("there already"), "{told}");
    let label = ["audit", "label", "a.tar.zst", "fix/one", "hack", "--why", "x", "--by", "y"];
    let (code, told) = said(&lab, &label);
    assert!(code == 2 && told.contains("not written to"), "{told}");
}

#[test]
fn what_is_redacted_is_known_by_its_digest() {
    let lab = lab();
    // As a program of today opens a run: with what its agents are given, the models' profiles among it.
    let inputs = lab.run_dir().blobs().put(br#"{"models":{"m":{"id":"m","prices":{"input":0.5}}}}"#).unwrap();
    let opened = match testkit::runs::opened_with(&lab.run_dir().plan().unwrap()) {
        ledger::Event::Opened {
            plan, trials, pid, host, program, host_facts, harnesses, overrides, ..
        } => {
            let inputs = Some(inputs);
            let harnesses = [("robot".to_owned(), "0".repeat(64))].into_iter().chain(harnesses).collect();
            ledger::Event::Opened {
                plan,
                trials,
                pid,
                host,
                program,
                host_facts,
                harnesses,
                inputs,
                overrides,
            }
        }
        other => other,
    };
    lab.run_dir().open().unwrap().0.append(&[opened]).unwrap();
    done(&lab, &["card", "run", "--out", "card.json"]);
    done(&lab, &["sign", "card.json", "--key", "ann"]);
    assert_eq!(super::read(&lab, "card.json")["models"][0]["profile"]["prices"]["input"], "0.5");
    done(&lab, &["bundle", "run", "--redact", "--out", "small.tar.zst"]);
    let told = done(&lab, &["verify", "card.dsse.json", "small.tar.zst", "--signers", "signers"]);
    assert!(told.contains("bodies       open") && told.contains("left out"), "{told}");
    assert!(told.contains("profiles are as the card states them"), "{told}");
    done(&lab, &["open", "small.tar.zst", "--into", "small"]);
    assert!(!lab.root().join("small/blobs").exists());
}

/// Otherwise whoever reports from it sees another run than whoever verifies it.
#[test]
fn a_proof_does_not_stand_beside_a_run() {
    let lab = lab();
    done(&lab, &["bundle", "run", "--trial", "m:robot/specific:fix/one:1", "--out", "one.tar.zst"]);
    done(&lab, &["open", "one.tar.zst", "--into", "one"]);
    let proof = fs_err::read(lab.root().join("one/proof.json")).unwrap();
    let file = EntryType::Regular;
    let entries: Vec<(&str, EntryType, &[u8])> =
        ["plan.json", "run.json", "ledger.jsonl"].map(|name| (name, file, &b"{}"[..])).into();
    let both = [entries, vec![("proof.json", file, proof.as_slice())]].concat();
    fs_err::write(lab.root().join("both.tar.zst"), archive(&both, b"")).unwrap();
    let (code, told) = said(&lab, &["verify", "card.json", "both.tar.zst"]);
    assert!(code == 2 && told.contains("beside a proof"), "{told}");
    // In a directory, the run counts.
    fs_err::copy(lab.root().join("one/proof.json"), lab.root().join("run/proof.json")).unwrap();
    lab.edit("run/ledger.jsonl", "\"score\":0,", "\"score\":1,");
    assert_eq!(said(&lab, &["verify", "card.json", "run"]).0, 6);
}

/// A body of the run's that holds what has the form of a key, put together here so that the source holds none.
fn with_a_key(lab: &Lab) -> String {
    let token = format!("{}_{}", "ghp", "a1".repeat(18));
    let output = lab.run_dir().blobs().put(format!("token: {token}\n").as_bytes()).unwrap();
    let trial = testkit::runs::trial("robot/specific", "fix/one", 1);
    let mut events = testkit::runs::graded("robot/specific", "fix/one", 1, true);
    if let Some(ledger::Event::Ended(end)) = events.last_mut() {
        end.harness_output = Some(output.clone());
    }
    events.insert(0, ledger::Event::Reopened { trial });
    lab.run_dir().open().unwrap().0.append(&events).unwrap();
    output.0
}

#[test]
fn keys_are_found_before_anything_is_written() {
    let lab = lab();
    let digest = with_a_key(&lab);
    let (code, told) = said(&lab, &["bundle", "run", "--out", "x.tar.zst"]);
    assert!(code == 2 && told.contains(&digest) && told.contains("GitHub"), "{told}");
    assert!(!lab.root().join("x.tar.zst").exists());
    let told = done(&lab, &["bundle", "run", "--redact-keys", "--out", "x.tar.zst"]);
    assert!(told.contains("left out: 1 bodies"), "{told}");
    done(&lab, &["open", "x.tar.zst", "--into", "x"]);
    assert!(!lab.root().join("x/blobs").join(&digest[..2]).join(format!("{}.zst", &digest[2..])).exists());
    // A key of this machine's environment, whatever it looks like.
    let mut command = lab.overhang(&["bundle", "run", "--redact-keys", "--out", "y.tar.zst"]);
    let output = command.env("LAB_API_KEY", "made-by-hand").output().unwrap();
    let told = crate::lab::text(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("the value of LAB_API_KEY"), "{told}");
    assert!(told.contains("plan.json"), "{told}");
}

/// An archive with these entries, packed as a bundle is, and with something behind it.
fn archive(entries: &[(&str, EntryType, &[u8])], behind: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Names that the writer would refuse.
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        if *kind == EntryType::Symlink {
            header.as_ustar_mut().unwrap().linkname[..4].copy_from_slice(b"/etc");
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    let mut packed = zstd::encode_all(builder.into_inner().unwrap().as_slice(), 3).unwrap();
    packed.extend_from_slice(behind);
    packed
}

#[test]
fn archives_that_are_no_bundles_leave_nothing_outside() {
    let lab = lab();
    let file = EntryType::Regular;
    let zeros = vec![0; 24 << 20];
    let many: Vec<(String, EntryType, &[u8])> =
        (0..3).map(|number| (format!("blobs/00/{:062x}.zst", number), file, zeros.as_slice())).collect();
    let many: Vec<(&str, EntryType, &[u8])> =
        many.iter().map(|(name, kind, content)| (name.as_str(), *kind, *content)).collect();
    for (name, entries, behind, why) in [
        ("a way out", vec![("../../out", file, &b"x"[..])], &b""[..], "not among what a bundle holds"),
        ("an absolute name", vec![("/tmp/out", file, b"x")], b"", "not among"),
        ("a body with no digest", vec![("blobs/00/x.zst", file, b"x")], b"", "not among"),
        ("a link", vec![("ledger.jsonl", EntryType::Symlink, b"")], b"", "is no file"),
        ("a device", vec![("ledger.jsonl", EntryType::Char, b"")], b"", "is no file"),
        ("a file twice", vec![("run.json", file, b"1"), ("run.json", file, b"2")], b"", "twice"),
        ("a hidden end", vec![("run.json", file, b"1")], b"more", "behind its end"),
        ("a bomb", many, b"", "more than"),
        ("no run", vec![("run.json", file, b"1")], b"", "lacks plan.json"),
    ] {
        fs_err::write(lab.root().join("bad.tar.zst"), archive(&entries, behind)).unwrap();
        let (code, told) = said(&lab, &["open", "bad.tar.zst"]);
        assert_eq!(code, 2, "{name}: {told}");
        assert!(told.contains(why), "{name}: {told}");
    }
    assert!(!lab.root().join("out").exists());
    lab.write("bad.tar.zst", "not packed");
    let (code, told) = said(&lab, &["open", "bad.tar.zst"]);
    assert!(code == 2 && told.contains("bad.tar.zst"), "{told}");
}
