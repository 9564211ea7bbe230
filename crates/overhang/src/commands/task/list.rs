//! `overhang task list`.

use std::{collections::BTreeMap, path::Path};

use spec::{
    FileError, Task,
    imports::{self, Verdict},
    project::Project,
};

use super::{read, table};
use crate::{cli::TaskListArgs, exit::Exit, failure::Failure};

pub(crate) fn list(arguments: &TaskListArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let mut rows =
        vec![["task", "difficulty", "languages", "split", "steps", "state"].map(str::to_owned).to_vec()];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut families: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for task in read(&project, &arguments.tasks)? {
        match task {
            Ok(task) => {
                let state = if task.void.is_some() { "void" } else { "runs" };
                *counts.entry(state.to_owned()).or_default() += 1;
                *families.entry(task.family.clone()).or_default() += 1;
                rows.push(row(&task, state));
            }
            Err(error) => {
                *counts.entry("refused".to_owned()).or_default() += 1;
                rows.push(vec![
                    name(&error),
                    "–".into(),
                    "–".into(),
                    "–".into(),
                    "–".into(),
                    "refused".into(),
                ]);
                refused.push((name(&error), problems(&error)));
            }
        }
    }
    // What was not copied when it was imported counts, too.
    for (folder, import) in imported(&project)? {
        for (task, entry) in import.tasks.iter().filter(|(_, entry)| entry.verdict == Verdict::Refused) {
            *counts.entry("refused".to_owned()).or_default() += 1;
            refused.push((format!("{folder}/{task}"), entry.why.clone()));
        }
    }
    anstream::print!("{}", table(&rows));
    for (task, why) in &refused {
        anstream::println!("\n{task} is refused\n  {}", why.replace('\n', "\n  "));
    }
    for (what, counted) in [("families", &families), ("tasks", &counts)] {
        let parts: Vec<String> = counted.iter().map(|(name, count)| format!("{name} {count}")).collect();
        anstream::println!("\n{what}: {}", parts.join(", "));
    }
    Ok(Exit::Done)
}

fn row(task: &Task, state: &str) -> Vec<String> {
    let text = |key: &str| {
        let value = task.metadata.get(key).and_then(|value| value.as_str().map(str::to_owned));
        value.unwrap_or_else(|| "–".to_owned())
    };
    let languages = task.metadata.get("languages").and_then(serde_json::Value::as_array);
    let languages: Vec<&str> =
        languages.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    vec![
        task.id.clone(),
        text("difficulty"),
        if languages.is_empty() { "–".to_owned() } else { languages.join(" ") },
        text("split"),
        task.parts().len().to_string(),
        task.void.as_ref().map_or_else(|| state.to_owned(), |why| format!("void: {}", first_line(why))),
    ]
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The task that an error is about, as its directory is called.
fn name(error: &FileError) -> String {
    let dir = error.path.parent().unwrap_or(&error.path);
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
    };
    format!("{}/{}", part(dir.parent()), part(Some(dir)))
}

/// Each problem in a line, with its place.
fn problems(error: &FileError) -> String {
    let line = |problem: &spec::Problem| match error.position(problem) {
        Some((line, _)) => format!("line {line}: {}", problem.message),
        None => problem.message.clone(),
    };
    error.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn imported(project: &Project) -> Result<Vec<(String, imports::Import)>, FileError> {
    let mut found = Vec::new();
    for folder in crate::folders::entries(&project.root.join("tasks"), Path::is_dir) {
        if let Some(import) = imports::load(&folder)? {
            found.push((folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), import));
        }
    }
    Ok(found)
}
