//! Published numbers held against a run.

use super::{done, said};
use crate::records;

const CLAIMS: &str = r#"
[[claim]]
model = "Example 7B"
benchmark = "Made by Hand"
value = 0.44
by = "Example Lab"
source = "https://example.org"
date = "2026-05"
n = 100
attempts = 1
[claim.measured]
sweep = "made-by-hand"
model = "m"
arm = "robot/specific"

[[claim]]
model = "Example 7B"
benchmark = "Made by Hand"
value = 0.61
by = "Example Lab"
source = "https://example.org"
second_hand = true
best_of = 3
chosen_by = "a larger model"
average = "macro"
[claim.measured]
sweep = "made-by-hand"
model = "m"
arm = "bare/generic"
[[claim.found]]
value = 0.5
by = "Another Lab"
source = "https://example.net"

[[claim]]
model = "Example 70B"
benchmark = "Made by Hand"
by = "Example Lab"
source = "https://example.org"
"#;

#[test]
fn the_protocols_come_first() {
    let lab = records::lab();
    lab.write("claims.toml", CLAIMS);
    let told = done(&lab, &["claims", "claims.toml", "run"]);
    insta::assert_snapshot!(told);
    let printed = lab.overhang(&["claims", "claims.toml", "run", "--json"]).output().unwrap();
    let document = crate::schema::document("claims", &printed.stdout);
    let verdicts: Vec<&str> =
        document["claims"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["NOT_COMPARABLE", "NOT_COMPARABLE", "NOT_MEASURED"]);
}

#[test]
fn a_check_is_green_only_where_something_was_held() {
    let lab = records::lab();
    lab.write("claims.toml", CLAIMS);
    let (code, told) = said(&lab, &["claims", "claims.toml", "run", "--strict"]);
    assert_eq!(code, 4, "{told}");
    lab.write("others/notes.md", "no run");
    let told = done(&lab, &["claims", "claims.toml", "run", "run", "others"]);
    assert!(told.contains("others holds no run"), "{told}");
    assert_eq!(told.matches("NOT COMPARABLE").count(), 2, "one run counts once: {told}");
}

#[test]
fn a_claim_that_is_wrong_is_told_with_its_line() {
    let lab = records::lab();
    lab.write("claims.toml", &CLAIMS.replace("0.44", "44"));
    let (code, told) = said(&lab, &["claims", "claims.toml", "run"]);
    assert!(code == 2 && told.contains("claims.toml:5"), "{told}");
}

#[test]
fn the_public_disputes_are_shown_as_second_hand_and_not_measured() {
    let lab = records::lab();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/claims/disputes.toml");
    let told = done(&lab, &["claims", file]);
    assert_eq!(told.matches("NOT MEASURED").count(), 5, "{told}");
    assert_eq!(told.matches("second-hand").count(), 5, "{told}");
}
