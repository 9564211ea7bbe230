//! What a crate may depend on.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{crates, read, root};

/// Libraries that one crate alone may depend on (tests and benches aside), since it is the one place that speaks to
/// what they reach.
const KEPT_TO: &[(&str, &str)] = &[("bollard", "sandbox"), ("hyperlocal", "sandbox"), ("reqwest", "gateway")];

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
