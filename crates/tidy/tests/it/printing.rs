//! What a command prints goes through one place, which takes out what a terminal would obey.

use crate::{files, read, root, shown};

/// Where printing is: the place itself, and what prints before there is anything from outside.
const PLACES: [&str; 3] =
    ["crates/overhang/src/terminal.rs", "crates/overhang/src/main.rs", "crates/overhang/src/cli.rs"];
/// Programs of their own, which no user runs, and the guest, whose words come to us in frames.
const OTHERS: [&str; 4] = ["crates/guest/", "crates/testkit/", "crates/scripted/", "crates/tidy/"];

#[test]
fn nothing_is_printed_beside_the_terminals_own_functions() {
    let prints = ["println!", "print!(", "eprint!(", "anstream::"];
    let mut beside = Vec::new();
    for file in files(&root().join("crates"), "rs") {
        let name = shown(&file);
        let is_source = name.contains("/src/") && !OTHERS.iter().any(|other| name.starts_with(other));
        if !is_source || PLACES.contains(&name.as_str()) {
            continue;
        }
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if prints.iter().any(|print| code.contains(print)) {
                beside.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(beside.is_empty(), "print with out!, outln! or errln!: {beside:#?}");
}
