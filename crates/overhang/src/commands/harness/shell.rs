//! `overhang harness shell`: a person in a harness's place.

use std::path::{Path, PathBuf};

use ledger::RunDir;
use runner::{START, Visit, Visited};
use spec::Project;
use tempfile::TempDir;

use super::{named, terminal};
use crate::{
    cli::HarnessShellArgs,
    exit::Exit,
    failure::Failure,
    generated,
    packs::{refuse_unfilled, short},
    prepare,
    signals::interrupted,
};

/// Longest command line that is shown whole, in characters.
const SHOWN: usize = 2_000;

pub(crate) async fn shell(arguments: &HarnessShellArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let harness = named(&project, &arguments.name)?;
    refuse_unfilled(&project.harness_dir(&harness.name))?;
    let place = tempfile::Builder::new().prefix("overhang-shell-").tempdir().map_err(Failure::other)?;
    let user = arguments.user.as_deref().or((!harness.run.root).then_some("agent"));
    let visit = tokio::select! {
        visit = enter(project, arguments, user, &place) => visit?,
        () = interrupted() => return Ok(Exit::Interrupted),
    };
    explain(&visit, &arguments.trial.model);
    let code = tokio::select! {
        code = terminal::hold(&visit) => code.map(Exit::Shell),
        () = interrupted() => Ok(Exit::Interrupted),
    };
    told(&visit.leave().await?);
    code
}

async fn enter(
    project: Project,
    arguments: &HarnessShellArgs,
    user: Option<&str>,
    place: &TempDir,
) -> Result<Visit, Failure> {
    let task = match &arguments.task {
        Some(task) => task.clone(),
        None => empty_task(place.path(), user).map_err(Failure::other)?.display().to_string(),
    };
    let sweep = prepare::one_trial(&project, &arguments.name, &task, &arguments.trial)?;
    let mut resolved = project.resolve(&sweep, &prepare::variable, &generated::kept(&project.root))?;
    for task in &mut resolved.tasks {
        task.agent_user = arguments.user.clone().or(task.agent_user.take());
    }
    let keys = prepare::keys(&project, &resolved)?;
    let run = RunDir::at(place.path().join("run"));
    let runner = prepare::one_runner(project, resolved, keys, run).await?;
    Ok(Box::pin(runner.visit()).await?)
}

/// A task of nothing, for who wants to look at the harness only.
fn empty_task(place: &Path, user: Option<&str>) -> std::io::Result<PathBuf> {
    let folder = place.join("shell").join("empty");
    let user = user.unwrap_or("root");
    let dockerfile = "FROM overhang/base:1\nRUN useradd --create-home agent && mkdir /work && chown agent /work\nWORKDIR /work\n";
    let task = format!(
        "schema_version = \"1.4\"\n[metadata]\nfamily = \"shell\"\n[agent]\nuser = \"{user}\"\n\
         [verifier]\nenvironment_mode = \"separate\"\n[environment]\nworkdir = \"/work\"\nnetwork_mode = \"no-network\"\n"
    );
    let files = [
        ("task.toml", task.as_str()),
        ("instruction.md", "Say hello.\n"),
        ("environment/Dockerfile", dockerfile),
        // What a simulated model says.
        ("solution/solve.sh", "echo hello\n"),
        ("tests/test.sh", "echo 0 > /logs/verifier/reward.txt\n"),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs_err::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs_err::write(path, text)?;
    }
    Ok(folder)
}

fn explain(visit: &Visit, model: &str) {
    let (user, workdir) = visit.place();
    let line = visit.command_line();
    let shown: String = line.chars().take(SHOWN).collect();
    let rest = if shown.len() < line.len() { " …" } else { "" };
    errln!(
        "container {}: {user} in {workdir}, model {model}; a trial would run\n  {shown}{rest}\nwhich `bash ~/{START}` does, with its standard input",
        short(visit.container())
    );
}

fn told(visited: &Visited) {
    let usage = visited.summary.usage;
    errln!(
        "{} model calls: {} tokens in, {} out; the container is gone",
        visited.summary.calls,
        usage.input_uncached + usage.cache_read + usage.cache_write,
        usage.output + usage.reasoning
    );
    if !visited.dns_names.is_empty() {
        errln!("asked of DNS, in vain: {}", visited.dns_names.join(", "));
    }
}
