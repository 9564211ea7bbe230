//! `overhang task variants`: tasks that cannot be solved, made of tasks that can.

use std::{collections::BTreeMap, io, path::Path};

use spec::{Task, project::Project, task::Impossible};
use walkdir::WalkDir;

use super::read;
use crate::{cli::TaskVariantsArgs, exit::Exit, failure::Failure, prepare};

pub(crate) fn variants(arguments: &TaskVariantsArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let kind = arguments.impossible;
    let mut tasks = Vec::new();
    for task in read(&project, &arguments.tasks, &arguments.pass)? {
        tasks.push(task?);
    }
    let all = arguments.tasks.is_empty();
    if let Some(task) = tasks.iter().find(|task| !all && task.impossible().is_some()) {
        return Err(Failure::Input(format!("{} is a variant itself", task.id)));
    }
    // Without a name, those that have a variant.
    tasks.retain(|task| !all || task.overlay(kind).is_dir() && task.impossible().is_none());
    if let Some(task) = tasks.iter().find(|task| !task.overlay(kind).is_dir()) {
        let message = format!(
            "{} has no variant of this kind: put the files in which it differs into {}",
            task.id,
            task.overlay(kind).display()
        );
        return Err(Failure::Input(message));
    }
    if tasks.is_empty() {
        return Err(Failure::Input(format!("no task has a folder `impossible/{kind}`")));
    }
    let output = arguments.output.clone().unwrap_or_else(|| project.root.join("variants/impossible"));
    let mut made = BTreeMap::new();
    for task in &tasks {
        let dir = output.join(format!("{}-{kind}", task.id.rsplit('/').next().unwrap_or(&task.id)));
        if let Some(other) = made.insert(dir.clone(), task) {
            let message = format!("{} and {} would both be {}", other.id, task.id, dir.display());
            return Err(Failure::Input(format!("{message}: give each an `-o` of its own")));
        }
        if fs_err::symlink_metadata(&dir).is_ok() {
            let message = format!("{} exists: remove it, or give another `-o`", dir.display());
            return Err(Failure::Input(message));
        }
    }
    fs_err::create_dir_all(&output).map_err(Failure::other)?;
    let host = project.host(&prepare::variable, &arguments.pass.pass_env);
    for (dir, task) in &made {
        // Whole or not at all.
        let beside =
            tempfile::Builder::new().prefix(".variant").tempdir_in(&output).map_err(Failure::other)?;
        let name = dir.file_name().unwrap_or_default();
        let making = beside.path().join(name);
        copy(task, kind, &making)?;
        let loaded = spec::task::load(&making, &host)?;
        if loaded.impossible() != Some(kind) {
            let file = task.path.join("task.toml");
            let message = format!("{}: write `[metadata]` on a line of its own, once", file.display());
            return Err(Failure::Input(message));
        }
        fs_err::rename(&making, dir).map_err(Failure::other)?;
        outln!("{}", dir.display());
    }
    errln!("they belong into a sweep of their own; `overhang task check` proves that their solutions fail");
    Ok(Exit::Done)
}

/// The task's files with the variant's in their places.
fn copy(task: &Task, kind: Impossible, to: &Path) -> Result<(), Failure> {
    let variants = task.path.join("impossible");
    put(&task.path, to, |path| !path.starts_with(&variants)).map_err(Failure::other)?;
    put(&task.overlay(kind), to, |_| true).map_err(Failure::other)?;
    let file = to.join("task.toml");
    let text = fs_err::read_to_string(&file).map_err(Failure::other)?;
    fs_err::write(file, marked(&text, kind)).map_err(Failure::other)
}

/// Copies a folder over another: links as links, and empty folders too.
fn put(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<()> {
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        if !wanted(entry.path()) {
            continue;
        }
        let target = to.join(entry.path().strip_prefix(from).map_err(io::Error::other)?);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
            continue;
        }
        if fs_err::symlink_metadata(&target).is_ok() {
            fs_err::remove_file(&target)?;
        }
        if entry.file_type().is_symlink() {
            fs_err::os::unix::fs::symlink(fs_err::read_link(entry.path())?, target)?;
        } else {
            fs_err::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// A task's file with the variant's kind among its metadata.
fn marked(text: &str, kind: Impossible) -> String {
    let line = format!("impossible = \"{kind}\"");
    let bare = |line: &str| line.split('#').next().unwrap_or_default().replace([' ', '\t'], "");
    match text.lines().position(|line| bare(line) == "[metadata]") {
        Some(place) => {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.insert(place + 1, &line);
            lines.join("\n") + "\n"
        }
        None => format!("{}\n\n[metadata]\n{line}\n", text.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_put_into_metadata() {
        let marked = |text: &str| marked(text, Impossible::OneOff);
        assert_eq!(
            marked("a = 1\n\n[metadata]\nb = 2\n"),
            "a = 1\n\n[metadata]\nimpossible = \"one-off\"\nb = 2\n"
        );
        assert!(marked("[ metadata ] # free\nb = 2\n").contains("free\nimpossible"));
        assert_eq!(marked("a = 1\n"), "a = 1\n\n[metadata]\nimpossible = \"one-off\"\n");
    }
}
