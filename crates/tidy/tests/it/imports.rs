//! Files do not use each other in circles.
//!
//! An edge leads from a file to the one that defines what it names, in a `use`, in code, or in a macro's brackets;
//! re-exports are followed and are no edges themselves. A child may use its parent, and the parent its children; the
//! crate's root is no parent in this sense. Tests do not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{crates, root, tree::Tree};

/// Circles that are left, each as the files in it.
const LEFT: &[(&str, &str)] = &[
    (
        "analysis",
        "arm curve estimate factorial gap/cost gap/differences gap/flags gap/hacks gap/mod lib reliability verdict",
    ),
    ("guest", "exec sweep"),
    ("kit", "check trial verdict"),
    ("ledger", "event self_report"),
    ("scripted", "answer lib newer"),
];

#[test]
fn there_are_no_circles_of_imports() {
    let mut found = BTreeSet::new();
    for name in crates() {
        let tree = Tree::of(&name);
        let parents = tree.parents();
        let uses = tree.uses().into_iter().filter(|(from, to)| parents.get(from) != Some(to));
        let source = root().join("crates").join(&name).join("src");
        let shown =
            |file: &PathBuf| file.strip_prefix(&source).unwrap().with_extension("").display().to_string();
        found.extend(
            circles(uses)
                .iter()
                .map(|files| (name.clone(), files.iter().map(shown).collect::<Vec<_>>().join(" "))),
        );
    }
    let left: BTreeSet<_> =
        LEFT.iter().map(|(name, files)| ((*name).to_owned(), (*files).to_owned())).collect();
    let new: Vec<_> = found.difference(&left).collect();
    let gone: Vec<_> = left.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "these files use each other in a circle; what all of them need belongs below: {new:#?}\n\
         these are listed and no longer there: {gone:#?}"
    );
}

/// The sets of files each of which can be reached from each other one.
fn circles(uses: impl Iterator<Item = (PathBuf, PathBuf)>) -> BTreeSet<BTreeSet<PathBuf>> {
    let mut graph: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for (from, to) in uses {
        graph.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&PathBuf, BTreeSet<&Path>> =
        graph.keys().map(|file| (file, reached(&graph, file))).collect();
    let back = |from: &PathBuf, to: &Path| {
        reached.get(&to.to_owned()).is_some_and(|all| all.contains(from.as_path()))
    };
    graph
        .keys()
        .filter(|file| back(file, file))
        .map(|file| {
            reached[file].iter().filter(|other| back(file, other)).map(|other| (*other).to_owned()).collect()
        })
        .collect()
}

fn reached<'a>(graph: &'a BTreeMap<PathBuf, Vec<PathBuf>>, from: &PathBuf) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        for to in graph.get(file).into_iter().flatten() {
            if reached.insert(to.as_path()) {
                next.push(to);
            }
        }
    }
    reached
}
