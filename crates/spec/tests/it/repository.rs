//! The files of this repository are right.

use std::path::{Path, PathBuf};

use spec::{Project, harness, model, model::Standing, task};

use spec::host::Host;

use crate::kit::{no_env, nowhere};

fn project() -> Project {
    Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let found = fs_err::read_dir(project().root.join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_model_is_read() {
    let files: Vec<PathBuf> = entries("models").into_iter().filter(|path| path.is_file()).collect();
    assert!(!files.is_empty());
    for file in files {
        model::load(&file).unwrap_or_else(|error| panic!("{}", error.render(false)));
    }
}

#[test]
fn every_template_is_read() {
    let files = entries("models/templates");
    assert!(!files.is_empty());
    for file in files {
        model::load(&file).unwrap_or_else(|error| panic!("{}", error.render(false)));
    }
}

/// Nothing in a profile stands without a source, and nothing is absent without a reason.
#[test]
fn every_fact_of_a_model_has_a_source_or_a_reason() {
    for file in entries("models").into_iter().filter(|path| path.is_file()) {
        let model = model::load(&file).unwrap();
        for (key, standing) in model.standings() {
            let told = matches!(standing, Standing::Sourced | Standing::Unconfirmed(_));
            assert!(told, "{}: `{key}` is {standing:?}", file.display());
        }
    }
}

#[test]
fn every_harness_is_read() {
    let folders: Vec<PathBuf> = entries("harnesses").into_iter().filter(|entry| entry.is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        harness::load(&folder).unwrap_or_else(|error| panic!("{}", error.render(false)));
    }
}

#[test]
fn every_task_is_read() {
    let dirs: Vec<PathBuf> = entries("tasks")
        .iter()
        .filter(|entry| entry.is_dir())
        .flat_map(|family| fs_err::read_dir(family).unwrap())
        .map(|e| e.unwrap().path())
        .collect();
    assert!(!dirs.is_empty());
    for dir in dirs {
        task::load(&dir, &Host::of(&no_env)).unwrap_or_else(|error| panic!("{}", error.render(false)));
    }
}

#[test]
fn every_sweep_resolves() {
    let project = project();
    let all = entries("sweeps").into_iter().chain(entries("sweeps/measured"));
    for file in all.filter(|file| file.is_file()) {
        if let Err(errors) = project.load(&file, &no_env, &nowhere) {
            panic!("{}", errors.iter().map(|error| error.render(false)).collect::<String>());
        }
    }
}
