//! `overhang task …`.

pub(super) mod check;
mod checked;
mod generate;
mod import;
mod jobs;
pub(super) mod list;
mod new;
mod variants;

use spec::{FileError, Task, project::Project};

use crate::{
    cli::{PassEnv, TaskCommand},
    exit::Exit,
    failure::Failure,
    generated, prepare,
};

pub(crate) async fn dispatch(command: TaskCommand) -> Result<Exit, Failure> {
    match command {
        TaskCommand::Check(arguments) => check::check(arguments).await,
        TaskCommand::List(arguments) => list::list(&arguments),
        TaskCommand::Import(arguments) => import::import(arguments).await,
        TaskCommand::Generate(arguments) => generate::generate(&arguments),
        TaskCommand::New { name } => new::new(&name),
        TaskCommand::Variants(arguments) => variants::variants(&arguments),
    }
}

/// The tasks that patterns name, each as far as it can be read; all below `tasks/` without a pattern.
fn read(
    project: &Project,
    patterns: &[String],
    pass: &PassEnv,
) -> Result<Vec<Result<Task, FileError>>, Failure> {
    let everything = ["tasks".to_owned()];
    let patterns = if patterns.is_empty() { everything.as_slice() } else { patterns };
    let mut dirs = std::collections::BTreeSet::new();
    for pattern in patterns {
        dirs.extend(project.task_dirs(pattern, &generated::kept(&project.root))?);
    }
    let host = project.host(&prepare::variable, &pass.pass_env);
    Ok(dirs.iter().map(|dir| spec::task::load(dir, &host)).collect())
}

/// Rows of words in columns.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
