//! The map's table of crates is what Cargo says.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::{read, root};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The crates of the workspace, and which others each depends on (tests and benches aside).
fn cargo() -> Graph {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let ours = |dependency: &&Value| !dependency["path"].is_null() && dependency["kind"].is_null();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            (name(package), dependencies.iter().filter(ours).map(name).collect())
        })
        .collect()
}

/// The same as ARCHITECTURE.md has it: rows of "`crate` | job | depends on | must never".
fn map() -> Graph {
    let text = read(&root().join("ARCHITECTURE.md"));
    let table = text.split("\n## Crates\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            (names(cells[0]).remove(0), names(cells[2]).into_iter().collect())
        })
        .collect()
}

#[test]
fn the_map_shows_every_crate_and_what_it_depends_on() {
    let (map, cargo) = (map(), cargo());
    let cell = |crates: &BTreeSet<String>| {
        crates.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let wrong: Vec<String> = cargo
        .iter()
        .filter(|(name, dependencies)| map.get(*name) != Some(dependencies))
        .map(|(name, dependencies)| format!("`{name}` depends on: {}", cell(dependencies)))
        .collect();
    assert!(wrong.is_empty(), "ARCHITECTURE.md, Crates: these rows should say\n{}", wrong.join("\n"));
    let gone: Vec<_> = map.keys().filter(|name| !cargo.contains_key(*name)).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md, Crates: there is no {gone:?}");
}
