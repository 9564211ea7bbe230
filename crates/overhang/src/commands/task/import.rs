//! `overhang task import`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use runner::proof::{Play, ProofError, Stage};
use sandbox::Engine;
use spec::{
    FileError, Task,
    imports::{self, Entry, Import, Verdict},
    project::Project,
    sweep::Network,
};
use tempfile::TempDir;
use walkdir::WalkDir;

use super::jobs;
use crate::{
    cli::TaskImportArgs,
    engine,
    exit::Exit,
    failure::{Failure, chain},
    prepare,
};

pub(crate) async fn import(arguments: TaskImportArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let source = Source::fetch(&arguments.source)?;
    let family = arguments.family.clone().unwrap_or_else(|| source.name.clone());
    if !spec::task::is_family(&family) {
        return Err(Failure::Input(format!("`{family}` is not a family: give one with --family")));
    }
    let found = tasks_in(&source.folder);
    if found.is_empty() {
        return Err(Failure::Input(format!(
            "{}: holds no task, a directory with a task.toml",
            arguments.source
        )));
    }
    let into = project.root.join("tasks").join(&family);
    if into.exists() && imports::load(&into)?.is_none() {
        return Err(Failure::Input(format!(
            "{} exists and was not imported: give another --family",
            into.display()
        )));
    }
    let engine = engine::connect().await?;
    // Everything is made beside the place, and put there whole.
    let parent = project.root.join("tasks");
    let part = tempfile::Builder::new().prefix(".import-").tempdir_in(&parent).map_err(Failure::other)?;
    let mut import =
        Import { source: source.said.clone(), commit: source.commit.clone(), ..Import::default() };
    let host = project.host(&prepare::variable, &arguments.pass.pass_env);
    let mut ready = Vec::new();
    for (name, dir) in found {
        let to = part.path().join(&name);
        if let Err(error) = copy(&dir, &to) {
            drop(fs_err::remove_dir_all(&to));
            let why = format!("its files cannot be copied: {error}");
            import.tasks.insert(name, Entry { digest: None, verdict: Verdict::Refused, why });
            continue;
        }
        match spec::task::load(&to, &host) {
            Ok(task) => {
                for asked in &task.asks {
                    errln!("{name} asks for {}", asked.words());
                }
                ready.push((name, task));
            }
            Err(error) => {
                fs_err::remove_dir_all(&to).map_err(Failure::other)?;
                import.tasks.insert(name, refused(&error));
            }
        }
    }
    let network = if arguments.network { Network::Task } else { Network::None };
    import.tasks.extend(played(&engine, ready, network, arguments.concurrency).await?);
    let text = imports::text(&import).map_err(Failure::other)?;
    fs_err::write(part.path().join(imports::FILE), text).map_err(Failure::other)?;
    if into.exists() {
        fs_err::remove_dir_all(&into).map_err(Failure::other)?;
    }
    fs_err::rename(part.keep(), &into).map_err(Failure::other)?;
    report(&import, &into);
    Ok(Exit::Done)
}

/// Plays each solution once, so many at once.
async fn played(
    engine: &Arc<dyn Engine>,
    ready: Vec<(String, Task)>,
    network: Network,
    at_once: u32,
) -> Result<BTreeMap<String, Entry>, Failure> {
    let total = ready.len();
    let plays = ready.into_iter().map(|(name, task)| {
        let engine = engine.clone();
        async move {
            let (verdict, why) = match verdict(&engine, &task, network).await {
                Ok(found) => found,
                // An engine that works for others does not work for this task.
                Err(error) => {
                    engine.check().await?;
                    (Verdict::Invalid, chain(&error))
                }
            };
            Ok((name, Entry { digest: Some(task.digest), verdict, why }))
        }
    });
    let mut count = 0;
    let told = |(name, entry): &(String, Entry)| {
        count += 1;
        errln!("{count}/{total} {name}: {}", word(entry.verdict));
    };
    Ok(jobs::all(&**engine, plays, at_once, told).await?.into_iter().collect())
}

/// Whether the solution scores 1. `Err` if the engine did not do what was asked.
async fn verdict(
    engine: &Arc<dyn Engine>,
    task: &Task,
    network: Network,
) -> Result<(Verdict, String), ProofError> {
    let invalid = |why: String| Ok((Verdict::Invalid, why));
    if !task.has_solution() {
        return invalid("it has no solution to try it with".into());
    }
    let asks = task.environment.network || task.verifier.network;
    let hint = if asks && network == Network::None {
        "; it asks for the network, which --network gives"
    } else {
        ""
    };
    let stage = match Stage::new(engine, task, network, &|_| {}).await {
        Ok(stage) => stage,
        Err(ProofError::Image(error)) => return invalid(format!("{error}{hint}")),
        Err(error) => return Err(error),
    };
    match stage.play(&Play::Solution).await {
        Ok(played) if played.score >= 1.0 => Ok((Verdict::Valid, String::new())),
        Ok(played) => {
            let script = played.script.map(|script| format!("; {script}")).unwrap_or_default();
            invalid(format!("its solution scores {}{script}{hint}", played.score))
        }
        Err(ProofError::NoVerdict { outcome, detail }) => {
            invalid(format!("its solution has no verdict, {outcome}: {detail}{hint}"))
        }
        Err(error) => Err(error),
    }
}

fn refused(error: &FileError) -> Entry {
    let line = |problem: &spec::Problem| match error.position(problem) {
        Some((line, _)) => format!("task.toml:{line}: {}", problem.message),
        None => problem.message.clone(),
    };
    let why = error.problems.iter().map(line).collect::<Vec<_>>().join("\n");
    Entry { digest: None, verdict: Verdict::Refused, why }
}

fn report(import: &Import, into: &Path) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, entry) in &import.tasks {
        *counts.entry(word(entry.verdict)).or_default() += 1;
        if entry.verdict != Verdict::Valid {
            outln!("{name}: {}\n  {}", word(entry.verdict), entry.why.replace('\n', "\n  "));
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    outln!("{} in {}", counts.join(", "), into.display());
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "void",
        Verdict::Refused => "refused",
    }
}

/// The directories of tasks in a folder: itself, those in it, or those a level below, by name.
fn tasks_in(folder: &Path) -> BTreeMap<String, PathBuf> {
    let dirs = WalkDir::new(folder).max_depth(3).sort_by_file_name().into_iter().filter_map(Result::ok);
    let tasks = dirs.filter(|entry| entry.file_type().is_dir() && entry.path().join("task.toml").is_file());
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    tasks.map(|entry| (name(entry.path()), entry.into_path())).collect()
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in WalkDir::new(from).into_iter().filter_entry(|entry| entry.file_name() != ".git") {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
        } else if entry.file_type().is_symlink() {
            fs_err::os::unix::fs::symlink(fs_err::read_link(entry.path())?, target)?;
        } else if entry.file_type().is_file() {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Where tasks come from, as a folder of this machine.
struct Source {
    folder: PathBuf,
    /// As it was asked for, without the commit.
    said: String,
    commit: Option<String>,
    name: String,
    _checkout: Option<TempDir>,
}

impl Source {
    fn fetch(said: &str) -> Result<Self, Failure> {
        let path = Path::new(said);
        if path.is_dir() {
            let folder = fs_err::canonicalize(path).map_err(Failure::other)?;
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Self { folder, said: said.to_owned(), commit: None, name, _checkout: None });
        }
        let (repository, inside) = said.split_once('#').unwrap_or((said, ""));
        let Some((url, commit)) = repository.rsplit_once('@').filter(|(url, commit)| is_commit(url, commit))
        else {
            let message = format!(
                "{said}: is no directory here, and a git URL names its commit, not a branch: URL@COMMIT, with 7 hexadecimal digits or more"
            );
            return Err(Failure::Input(message));
        };
        if Path::new(inside).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            return Err(Failure::Input(format!("`{inside}` leads out of the repository")));
        }
        let checkout = tempfile::tempdir().map_err(Failure::other)?;
        let git = |arguments: &[&str], wrong: &str| git(checkout.path(), arguments, wrong);
        let wrong = format!("{url} cannot be cloned");
        git(&["clone", "--quiet", "--no-checkout", "--", url, "."], &wrong)?;
        let wrong = format!("{url} has no commit {commit}");
        git(&["-c", "advice.detachedHead=false", "checkout", "--quiet", commit], &wrong)?;
        let commit = git(&["rev-parse", "HEAD"], &wrong)?;
        let folder = checkout.path().join(inside);
        if !folder.is_dir() {
            return Err(Failure::Input(format!("{url} has no folder `{inside}` at {commit}")));
        }
        // A part of the way may be a link of the repository's.
        let real = |path: &Path| fs_err::canonicalize(path).map_err(Failure::other);
        let folder = real(&folder)?;
        if !folder.starts_with(real(checkout.path())?) {
            return Err(Failure::Input(format!("`{inside}` is a link that leads out of the repository")));
        }
        let last =
            url.trim_end_matches('/').trim_end_matches(".git").rsplit(['/', ':']).next().unwrap_or_default();
        let said = if inside.is_empty() { url.to_owned() } else { format!("{url}#{inside}") };
        Ok(Self { folder, said, commit: Some(commit), name: last.to_owned(), _checkout: Some(checkout) })
    }
}

/// A branch moves; only a commit pins.
fn is_commit(url: &str, commit: &str) -> bool {
    !url.is_empty() && (7..=64).contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What git says; where it fails, that is told as `wrong`.
fn git(folder: &Path, arguments: &[&str], wrong: &str) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .map_err(|error| Failure::Input(format!("git cannot be run: {error}")))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(Failure::Input(format!("{wrong}: {}", said(&output.stderr))))
    }
}
