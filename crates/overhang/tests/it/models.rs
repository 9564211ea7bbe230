//! `overhang model`.

use crate::lab::{Lab, text};

const CATALOGUE: &str = r#"{"maker": {"name": "The Maker", "env": ["MAKER_KEY"], "api": "https://api.maker.example/v1",
  "models": {"large": {"family": "large", "release_date": "2026-05-01", "open_weights": true,
    "limit": {"context": 1000, "output": 500}, "cost": {"input": 1.5, "output": 6}}}}}"#;

#[test]
fn a_profile_is_imported_and_told_for_what_it_lacks() {
    let lab = Lab::new();
    lab.write("catalogue.json", CATALOGUE);
    let import = ["model", "import", "maker/large", "--from", "catalogue.json"];
    let output = lab.overhang(&import).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("licence: not confirmed"), "{}", text(&output.stderr));

    let again = lab.overhang(&import).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "it is there already");

    let check = lab.overhang(&["model", "check", "large", "--strict"]).output().unwrap();
    assert!(check.status.success(), "{}", text(&check.stdout));
    lab.edit("models/large.toml", "checked = ", "family_of = ");
    let damaged = lab.overhang(&["model", "check"]).output().unwrap();
    assert_eq!(damaged.status.code(), Some(2), "{}", text(&damaged.stderr));
}
