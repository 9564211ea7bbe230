//! `overhang task check`.

use std::{collections::BTreeSet, path::Path, process::Command, sync::Arc};

use runner::proof::{self, Checked, Plan};
use sandbox::Engine;
use schemars::JsonSchema;
use serde::Serialize;
use spec::{FileError, Task, lint, project::Project};

use super::{
    checked::{marks, shown},
    jobs, read,
};
use crate::{
    cli::{Attacks, TaskCheckArgs},
    engine,
    exit::Exit,
    failure::Failure,
    json::{self, Document},
};

/// What the checks found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Checks<'a> {
    /// One per task.
    tasks: &'a [Checked],
}

impl Document for Checks<'_> {}

pub(crate) async fn check(arguments: TaskCheckArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let everything = read(&project, &[], &arguments.pass)?;
    let chosen = match &arguments.changed {
        Some(revision) => changed(&project, revision)?,
        None => arguments.tasks.clone(),
    };
    if arguments.changed.is_some() && chosen.is_empty() {
        errln!("no task has changed");
        return Ok(Exit::Done);
    }
    let mut tasks = Vec::new();
    let mut unreadable = Vec::new();
    for task in read(&project, &chosen, &arguments.pass)? {
        match task {
            Ok(task) => tasks.push(task),
            Err(error) => unreadable.push(error),
        }
    }
    if !unreadable.is_empty() {
        return Err(Failure::Files(unreadable));
    }
    let known: Vec<Task> = everything.into_iter().flatten().collect();
    let across = across(&project, &tasks, &known)?;

    let engine = engine::connect().await?;
    sandbox::reap(&*engine, None).await?;
    let attacks = arguments.attack.map(|Attacks(attacks)| attacks).unwrap_or_default();
    let plan = Plan { rounds: arguments.rounds, attacks };
    let mut checked = all(&engine, tasks, &plan, arguments.concurrency).await?;
    for (task, finding) in across {
        if let Some(one) = checked.iter_mut().find(|one| one.task == task) {
            one.findings.push(finding);
        }
    }
    if arguments.json {
        json::print(Checks { tasks: &checked })?;
    } else {
        out!("{}", shown(&checked));
    }
    let good = checked.iter().all(|one| one.findings.is_empty());
    Ok(Exit::done_if(good))
}

/// What only several files together show: prompts that repeat instructions, families of two splits.
fn across(
    project: &Project,
    tasks: &[Task],
    known: &[Task],
) -> Result<Vec<(String, lint::Finding)>, Vec<FileError>> {
    let written = project.prompts().map_err(|error| vec![error])?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = agent::TEXTS.map(|(name, text)| (format!("{name} of the bare loop"), text.to_owned()));
    let prompts: Vec<_> = written.into_iter().map(|(path, text)| (name(&path), text)).chain(own).collect();
    let mut found = Vec::new();
    for task in tasks {
        for part in task.parts() {
            for (name, text) in &prompts {
                if let Some(words) = lint::overlap(text, &part.instruction) {
                    let message = format!("the instruction and the prompt {name} share “{words}”");
                    found.push((task.id.clone(), lint::Finding::new("overlap", message)));
                }
            }
        }
        let mut family: Vec<Task> =
            known.iter().filter(|other| other.family == task.family).cloned().collect();
        family.sort_by_key(|other| other.id != task.id);
        found.extend(lint::families(&family).into_iter().map(|finding| (task.id.clone(), finding)));
    }
    Ok(found)
}

/// Checks tasks, so many at once, and says on standard error what is done.
async fn all(
    engine: &Arc<dyn Engine>,
    tasks: Vec<Task>,
    plan: &Plan,
    at_once: u32,
) -> Result<Vec<Checked>, Failure> {
    let total = tasks.len();
    let checks = tasks.into_iter().map(|task| {
        let (engine, plan) = (engine.clone(), plan.clone());
        async move {
            let checked = proof::check(&engine, &task, &plan, &|_| {}).await;
            checked.map_err(|error| Failure::Other(format!("{}: {error}", task.id).into()))
        }
    });
    let mut count = 0;
    let told = |one: &Checked| {
        count += 1;
        let word = if one.findings.is_empty() { "proves itself" } else { "does NOT prove itself" };
        errln!("{count}/{total} {} {word}", one.task);
        for finding in &one.findings {
            errln!("  {}: {}", finding.rule, finding.message.replace('\n', "\n    "));
        }
        for line in marks(one).lines() {
            errln!("{line}");
        }
    };
    let mut done = jobs::all(&**engine, checks, at_once, told).await?;
    done.sort_by(|a, b| a.task.cmp(&b.task));
    Ok(done)
}

/// The tasks below `tasks/` whose files differ from a revision, committed or not.
fn changed(project: &Project, revision: &str) -> Result<Vec<String>, Failure> {
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").args(arguments).current_dir(&project.root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let here = git(&["rev-parse", "HEAD"]);
    let left_main = || git(&["merge-base", "HEAD", "main"]).filter(|base| Some(base) != here.as_ref());
    let since = if revision.is_empty() {
        left_main().or_else(|| git(&["rev-parse", "--verify", "--quiet", "HEAD~1"]))
    } else {
        let found = git(&["rev-parse", "--verify", "--quiet", revision]);
        Some(found.ok_or_else(|| Failure::Input(format!("git knows no revision `{revision}` here")))?)
    };
    let Some(since) = since else {
        errln!("there is no earlier commit to compare with");
        return Ok(Vec::new());
    };
    let listed = git(&["diff", "--name-only", "--relative", &since, "--", "tasks"]).into_iter();
    let untracked = git(&["ls-files", "--others", "--exclude-standard", "tasks"]);
    let mut dirs = BTreeSet::new();
    for path in listed.chain(untracked).flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
        let above = Path::new(&path).ancestors();
        dirs.extend(
            above.filter(|dir| project.root.join(dir).join("task.toml").is_file()).map(Path::to_owned),
        );
    }
    Ok(dirs.into_iter().map(|dir| dir.display().to_string()).collect())
}
