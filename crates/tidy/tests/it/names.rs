//! Pages name code that is there: whatever stands as `crate::module::item` in one of them is looked up.

use std::collections::BTreeMap;

use crate::{
    crates, pages, read, shown,
    tree::{Found, Tree},
};

#[test]
fn pages_name_code_that_is_there() {
    let trees: BTreeMap<String, Tree> =
        crates().into_iter().map(|name| (name.clone(), Tree::of(&name))).collect();
    let mut missing = Vec::new();
    for page in pages() {
        for quoted in read(&page).split('`').skip(1).step_by(2) {
            let path: Vec<String> =
                quoted.split("::").map(|part| part.trim_end_matches("()").to_owned()).collect();
            let known = match trees.get(&path[0]) {
                Some(tree) if path.len() > 1 => {
                    matches!(tree.find(&[], &path[1..]), Some(Found::Module | Found::Item(_)))
                }
                _ => true,
            };
            if !known {
                missing.push(format!("{}: {quoted}", shown(&page)));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
