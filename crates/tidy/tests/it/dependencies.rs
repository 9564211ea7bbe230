//! What a crate may depend on.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{crates, read, root};

/// Libraries that one crate alone may depend on (tests and benches aside), since it is the one place that speaks to
/// what they reach.
const KEPT_TO: &[(&str, &str)] = &[("bollard", "docker"), ("hyperlocal", "docker"), ("reqwest", "gateway")];

/// Crates for tests, which no program may be made of.
const FOR_TESTS: [&str; 2] = ["local", "testkit"];

/// What the crate at the bottom may depend on: every other crate is built after it.
const VOCABULARY: [&str; 3] = ["schemars", "serde", "thiserror"];

fn manifest(name: &str) -> Table {
    read(&root().join("crates").join(name).join("Cargo.toml")).parse().unwrap()
}

fn table<'a>(manifest: &'a Table, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    manifest.get(name).and_then(Value::as_table).into_iter().flatten()
}

#[test]
fn engines_and_providers_are_reached_by_one_crate_each() {
    for name in crates() {
        for (library, _) in table(&manifest(&name), "dependencies") {
            let keeper = KEPT_TO.iter().find(|(kept, _)| kept == library);
            assert!(
                keeper.is_none_or(|(_, keeper)| *keeper == name),
                "`{name}` depends on `{library}`: {keeper:?} alone may"
            );
        }
    }
}

#[test]
fn what_is_for_tests_is_in_no_program() {
    for name in crates() {
        let found =
            table(&manifest(&name), "dependencies").map(|(library, _)| library.clone()).collect::<Vec<_>>();
        let for_tests = found.iter().find(|library| FOR_TESTS.contains(&library.as_str()));
        assert_eq!(for_tests, None, "`{name}` depends on it other than in tests");
    }
}

#[test]
fn the_vocabulary_is_light() {
    let manifest = manifest("vocabulary");
    let heavy: Vec<_> =
        table(&manifest, "dependencies").filter(|(name, _)| !VOCABULARY.contains(&&***name)).collect();
    assert!(heavy.is_empty(), "`vocabulary` depends on {heavy:?}");
}

#[test]
fn versions_and_lints_stand_in_the_root() {
    for name in crates() {
        let manifest = manifest(&name);
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (library, wanted) in table(&manifest, kind) {
                assert_eq!(wanted.get("workspace"), Some(&Value::Boolean(true)), "`{name}`: `{library}`");
            }
        }
        let lints: BTreeMap<_, _> = table(&manifest, "lints").collect();
        assert_eq!(lints.get(&"workspace".to_owned()), Some(&&Value::Boolean(true)), "`{name}`: lints");
    }
}

#[test]
fn the_toolchain_is_the_oldest_that_is_promised() {
    let file = |name: &str| read(&root().join(name)).parse::<Table>().unwrap();
    let toolchain = file("rust-toolchain.toml")["toolchain"]["channel"].as_str().unwrap().to_owned();
    let promised = file("Cargo.toml")["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    assert_eq!(toolchain, format!("{promised}.0"));
}
