//! The schemas in `docs/schemas/` of what commands print are those of the types, and no command is without one.

use std::{collections::BTreeSet, path::PathBuf};

use clap::CommandFactory;
use serde_json::Value;

use crate::{cli::Cli, json::schema};

/// The schema of everything that is printed as JSON, by the command's name.
fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("report", schemars::schema_for!(analysis::Analysis).to_value()),
        ("diff", schemars::schema_for!(analysis::Difference).to_value()),
        ("compare", schemars::schema_for!(analysis::Comparison).to_value()),
        ("history", schemars::schema_for!(analysis::History).to_value()),
        ("audit", audit::schema()),
        ("plan", schema::<super::plan::Planned<'_>>()),
        ("doctor", schema::<super::doctor::Looked<'_>>()),
        ("show", schema::<super::show::Trials>()),
        ("show-trial", schema::<super::show::Pair<'_>>()),
        ("show-call", schema::<super::show::Call<'_>>()),
        ("status", schema::<runner::Status>()),
        ("clean", schema::<super::clean::Cleaned>()),
        ("verify", schema::<super::evidence::Verified>()),
        ("card", schemars::schema_for!(evidence::Card).to_value()),
        ("claims", schema::<super::claims::Held>()),
        ("task-check", schema::<super::task::check::Checks<'_>>()),
        ("task-list", schema::<super::task::list::Tasks>()),
        ("harness-check", schema::<super::harness::check::Checks<'_>>()),
        ("model-test", schema::<super::model_test::Tested>()),
        ("harness-list", schema::<super::harness::list::Harnesses>()),
    ]
}

#[test]
fn schemas_are_up_to_date() {
    for (name, schema) in schemas().into_iter().chain(ledger::run::schemas()) {
        let file = PathBuf::from(format!("{}/../../docs/schemas/{name}.json", env!("CARGO_MANIFEST_DIR")));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("OVERHANG_WRITE_SCHEMAS").is_some() {
            fs_err::write(&file, &text).unwrap();
        }
        let stored = fs_err::read_to_string(&file).unwrap_or_default();
        assert!(
            stored == text,
            "{name}.json is out of date: OVERHANG_WRITE_SCHEMAS=1 cargo test -p overhang schemas"
        );
    }
}

#[test]
fn every_command_that_prints_json_has_a_schema() {
    fn names(command: &clap::Command, path: &str, into: &mut BTreeSet<String>) {
        let prints = |argument: &clap::Arg| ["json", "format"].contains(&argument.get_id().as_str());
        if command.get_arguments().any(prints) {
            into.insert(path.to_owned());
        }
        for inner in command.get_subcommands() {
            let path = if path.is_empty() { String::new() } else { format!("{path}-") };
            names(inner, &(path + inner.get_name()), into);
        }
    }
    let mut commands = BTreeSet::from(["show-trial".to_owned(), "show-call".to_owned()]);
    names(&Cli::command(), "", &mut commands);
    let listed: BTreeSet<String> = schemas().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(listed, commands);
}

#[test]
fn every_document_has_a_version_and_every_field_is_described() {
    for (name, schema) in schemas() {
        let required = schema["required"].as_array().unwrap();
        assert!(required.contains(&"version".into()), "{name}: {required:?}");
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        for (table, definition) in definitions.chain([(&name.to_owned(), &schema)]) {
            for (key, value) in definition["properties"].as_object().into_iter().flatten() {
                assert!(value.get("description").is_some(), "{name}: {table}.{key}");
            }
        }
    }
}
