//! `overhang task variants`: tasks that cannot be solved, made of tasks that can.

use std::{
    io,
    path::{Path, PathBuf},
};

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
    // Without a name, those that have a variant.
    tasks.retain(|task| !all || task.overlay(kind).is_dir());
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
    for task in &tasks {
        let name = task.id.rsplit('/').next().unwrap_or(&task.id);
        let dir = output.join(format!("{name}-{kind}"));
        if dir.exists() {
            fs_err::remove_dir_all(&dir).map_err(Failure::other)?;
        }
        copy(task, kind, &dir).map_err(Failure::other)?;
        let made = spec::task::load(&dir, &project.host(&prepare::variable, &arguments.pass.pass_env))?;
        if made.impossible() != Some(kind) {
            let message = format!("{}: `[metadata]` could not be given `impossible`", dir.display());
            return Err(Failure::other(io::Error::other(message)));
        }
        outln!("{}", dir.display());
    }
    errln!("they belong into a sweep of their own; `overhang task check` proves that their solutions fail");
    Ok(Exit::Done)
}

/// The task's files with the variant's in their places.
fn copy(task: &Task, kind: Impossible, to: &Path) -> io::Result<()> {
    let variants = task.path.join("impossible");
    put(&task.path, to, |path| !path.starts_with(&variants))?;
    put(&task.overlay(kind), to, |_| true)?;
    let file = to.join("task.toml");
    let text = fs_err::read_to_string(&file)?;
    fs_err::write(file, marked(&text, kind))
}

fn put(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<()> {
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        let below: PathBuf = entry.path().strip_prefix(from).map_err(io::Error::other)?.into();
        if entry.file_type().is_dir() || !wanted(entry.path()) {
            continue;
        }
        let target = to.join(below);
        fs_err::create_dir_all(target.parent().unwrap_or(to))?;
        fs_err::copy(entry.path(), &target)?;
    }
    Ok(())
}

/// A task's file with the variant's kind among its metadata.
fn marked(text: &str, kind: Impossible) -> String {
    let line = format!("impossible = \"{kind}\"");
    match text.lines().position(|line| line.trim() == "[metadata]") {
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
        assert_eq!(marked("a = 1\n"), "a = 1\n\n[metadata]\nimpossible = \"one-off\"\n");
    }
}
