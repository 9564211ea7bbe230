//! `overhang task list`.

use std::{collections::BTreeMap, path::Path};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use spec::{
    FileError, Task,
    host::Asked,
    imports::{self, Verdict},
    project::Project,
};

use super::{read, table};
use crate::{
    cli::TaskListArgs,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
};

/// Tasks, and those that an import did not take over.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tasks {
    /// In order.
    tasks: Vec<Listed>,
}

impl Document for Tasks {}

/// One task.
#[derive(Serialize, JsonSchema)]
struct Listed {
    /// `FAMILY/NAME`.
    id: String,
    /// As its metadata say; `null` where they do not.
    difficulty: Option<String>,
    /// As its metadata say.
    languages: Vec<String>,
    /// As its metadata say; `null` where they do not.
    split: Option<String>,
    /// Number of its steps; `null` of one that is refused.
    steps: Option<usize>,
    /// The variables of this machine that it asks for.
    asks: Vec<Asked>,
    /// What a sweep does with it.
    state: State,
    /// Of a task that does not run, as one of the imports' verdicts: `refused`, `broken` or `not-ready`, else `null`.
    kind: Option<Verdict>,
    /// Why it does not run; `null` of one that does.
    why: Option<String>,
}

/// What a sweep does with a task.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is run.
    Runs,
    /// It stays in the plan as TASK_INVALID: an import found its solution to fail.
    Void,
    /// The sweep is refused: the task asks for what is not supported.
    Refused,
    /// The sweep is refused: the task's files are wrong in themselves.
    Broken,
    /// The sweep is refused: this machine lacks something that the task needs.
    NotReady,
    /// An import left it where it was; `kind` says why.
    NotImported,
}

pub(crate) fn list(arguments: &TaskListArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let mut families: BTreeMap<String, usize> = BTreeMap::new();
    let mut tasks = Vec::new();
    for task in read(&project, &arguments.tasks, &arguments.pass)? {
        tasks.push(match task {
            Ok(task) => {
                *families.entry(task.family.clone()).or_default() += 1;
                Listed::of(task)
            }
            Err(error) => {
                let verdict = Verdict::of_problems(&error);
                let state = match verdict {
                    Verdict::NotReady => State::NotReady,
                    Verdict::Refused => State::Refused,
                    Verdict::Broken | Verdict::Valid | Verdict::Invalid => State::Broken,
                };
                Listed::refused(name(&error), state, verdict, problems(&error))
            }
        });
    }
    for (folder, import) in imported(&project, &arguments.tasks)? {
        let left = import.tasks.into_iter();
        let left = left.filter(|(_, entry)| !matches!(entry.verdict, Verdict::Valid | Verdict::Invalid));
        tasks.extend(left.map(|(task, entry)| {
            Listed::refused(format!("{folder}/{task}"), State::NotImported, entry.verdict, entry.why)
        }));
    }
    if arguments.json {
        json::print(Tasks { tasks })?;
    } else {
        print(&tasks, &families);
    }
    Ok(Exit::Done)
}

impl Listed {
    fn of(task: Task) -> Self {
        let text = |key: &str| task.metadata.get(key).and_then(|value| value.as_str().map(str::to_owned));
        let languages = task.metadata.get("languages").and_then(Value::as_array).into_iter().flatten();
        Self {
            difficulty: task.difficulty().map(str::to_owned),
            languages: languages.filter_map(Value::as_str).map(str::to_owned).collect(),
            split: text("split"),
            steps: Some(task.parts().len()),
            state: if task.void.is_some() { State::Void } else { State::Runs },
            id: task.id,
            asks: task.asks,
            kind: None,
            why: task.void,
        }
    }

    fn refused(id: String, state: State, kind: Verdict, why: String) -> Self {
        let (difficulty, languages, split, steps) = (None, Vec::new(), None, None);
        let (kind, why) = (Some(kind), Some(why));
        Self { id, difficulty, languages, split, steps, asks: Vec::new(), state, kind, why }
    }

    fn word(&self) -> &'static str {
        match (self.kind, self.state) {
            (Some(kind), _) => kind.word(),
            (None, State::Void) => "void",
            (None, _) => "runs",
        }
    }

    fn row(&self) -> Vec<String> {
        let missing = || "–".to_owned();
        vec![
            self.id.clone(),
            self.difficulty.clone().unwrap_or_else(missing),
            if self.languages.is_empty() { missing() } else { self.languages.join(" ") },
            self.split.clone().unwrap_or_else(missing),
            self.steps.map_or_else(missing, |steps| steps.to_string()),
            match (self.state, &self.why) {
                (State::Void, Some(why)) => format!("void: {}", first_line(why)),
                _ => self.word().to_owned(),
            },
        ]
    }
}

fn print(tasks: &[Listed], families: &BTreeMap<String, usize>) {
    let header = ["task", "difficulty", "languages", "split", "steps", "state"].map(str::to_owned).to_vec();
    let there = tasks.iter().filter(|task| task.state != State::NotImported);
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(there.map(Listed::row)).collect();
    out!("{}", table(&rows));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks {
        // What an import did not take over counts, too.
        *counts.entry(task.word().to_owned()).or_default() += 1;
        if let (Some(kind), Some(why)) = (task.kind, &task.why) {
            outln!("\n{} is {}\n  {}", task.id, kind.word(), why.replace('\n', "\n  "));
        }
        for asked in &task.asks {
            outln!("\n{} asks for {}", task.id, asked.words());
        }
    }
    for (what, counted) in [("families", families), ("tasks", &counts)] {
        let parts: Vec<String> = counted.iter().map(|(name, count)| format!("{name} {count}")).collect();
        outln!("\n{what}: {}", parts.join(", "));
    }
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

/// Each problem in a line, with its place and its way out.
fn problems(error: &FileError) -> String {
    let line = |problem: &spec::Problem| {
        let place = error.position(problem).map(|(line, _)| format!("line {line}: ")).unwrap_or_default();
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{place}{}{help}", problem.message)
    };
    error.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The imports that patterns name, each as its folder is called; all of them without a pattern.
fn imported(project: &Project, patterns: &[String]) -> Result<Vec<(String, imports::Import)>, FileError> {
    let mut found = Vec::new();
    let tasks = project.root.join("tasks");
    let named = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        patterns.iter().any(|pattern| {
            let pattern = pattern.trim_start_matches("./").trim_end_matches(['/', '*']).trim_end_matches('/');
            pattern.strip_prefix("tasks").map_or(pattern, |rest| rest.trim_start_matches('/')) == name
                || pattern == "tasks"
        })
    };
    for folder in crate::folders::entries(&tasks, Path::is_dir) {
        if !patterns.is_empty() && !named(&folder) {
            continue;
        }
        if let Some(import) = imports::load(&folder)? {
            found.push((folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), import));
        }
    }
    Ok(found)
}
