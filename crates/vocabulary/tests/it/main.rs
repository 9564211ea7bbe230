//! Tables of outcomes and flags in docs/methodology.md, and of attacks in docs/guides/tasks.md, are made of the vocabulary.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test where something is wrong")]

use std::{fmt::Write, path::Path};

use fs_err as fs;
use vocabulary::{Attack, FlagName, Outcome, OutcomeGroup};

const METHODOLOGY: &str = "docs/methodology.md";
const GUIDE: &str = "docs/guides/tasks.md";

/// What a page has between `<!-- NAME -->` and `<!-- end -->` is this table, or becomes it where
/// `OVERHANG_WRITE_DOCS` is set.
#[track_caller]
fn holds(page: &str, name: &str, table: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (found, after) = rest.split_once("<!-- end -->\n").unwrap();
    if found != table && std::env::var_os("OVERHANG_WRITE_DOCS").is_some() {
        fs::write(file, format!("{before}<!-- {name} -->\n{table}<!-- end -->\n{after}")).unwrap();
        return;
    }
    assert_eq!(found, table, "{page}: OVERHANG_WRITE_DOCS=1 cargo test -p vocabulary writes it anew");
}

// One test: both write the same page.
#[test]
fn every_outcome_and_flag_stands_in_the_methodology() {
    outcomes();
    flags();
}

fn flags() {
    let mut table = "| flag | severity | what it says |\n|---|---|---|\n".to_owned();
    for flag in FlagName::ALL {
        let (severity, documentation) = (flag.severity().as_str(), flag.documentation());
        writeln!(table, "| `{flag}` | {severity} | {documentation} |").unwrap();
    }
    holds(METHODOLOGY, "flags", &table);
}

fn outcomes() {
    let mut table = "| group | codes | score |\n|---|---|---|\n".to_owned();
    for group in [
        OutcomeGroup::Verified,
        OutcomeGroup::Agent,
        OutcomeGroup::Limit,
        OutcomeGroup::Infra,
        OutcomeGroup::Task,
    ] {
        let codes = Outcome::ALL.iter().filter(|outcome| outcome.group() == group);
        let codes: Vec<String> = codes.map(|outcome| format!("`{outcome}`")).collect();
        writeln!(table, "| {} | {} | {} |", group.name(), codes.join(" "), group.score()).unwrap();
    }
    holds(METHODOLOGY, "outcomes", &table);
}

#[test]
fn every_attack_stands_in_the_guide_to_tasks() {
    let mut table = "| attack | what it does | how a task withstands it |\n|---|---|---|\n".to_owned();
    for attack in Attack::ALL {
        writeln!(table, "| `{attack}` | {} | {} |", attack.deed(), attack.mend()).unwrap();
    }
    holds(GUIDE, "attacks", &table);
}
