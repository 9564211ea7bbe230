//! What must hold of any bytes holds of the corpus, of the fuzzer's own inputs and of what it found.

use std::path::Path;

use fs_err as fs;

use super::{Answer, Asked, cases, reading::bytes};
use crate::held::{PROPERTIES, Property};

/// The files of a target in the fuzzer's folders.
fn files(target: &str) -> Vec<(String, Vec<u8>)> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let folders = ["corpus", "found"].map(|folder| fuzz.join(folder).join(target));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect()
}

/// The cases of the corpus, as bytes of a target.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for case in cases::<Answer>("") {
        for form in [Some(&case.body.odd), case.body.plain.as_ref()].into_iter().flatten() {
            if let Some(pieces) = &form.stream
                && (target == "sse" || target == format!("stream-{}", case.dialect))
            {
                // The first byte says how the rest is cut.
                seeds.push((case.to_string(), [b"\x10", &*bytes(pieces)].concat()));
            }
            if let Some(body) = &form.whole
                && target == "whole"
            {
                seeds.push((case.to_string(), body.to_string().into_bytes()));
            }
        }
    }
    for case in cases::<Asked>("requests") {
        for body in [Some(&case.body.odd), case.body.plain.as_ref()].into_iter().flatten() {
            if target == "request" || target == "passing" {
                seeds.push((case.to_string(), body.to_string().into_bytes()));
            }
        }
    }
    seeds
}

#[test]
fn what_must_hold_of_any_bytes_holds_of_the_corpus_and_of_finds() {
    let mut broken = Vec::new();
    for (target, property) in PROPERTIES as [Property; 8] {
        let mut all = seeds(target);
        assert!(!all.is_empty(), "{target} has no seeds");
        all.extend(files(target));
        for (name, data) in all {
            if std::panic::catch_unwind(|| property(&data)).is_err() {
                broken.push(format!("{target}: {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
