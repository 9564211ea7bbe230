//! From a sweep's task patterns to task directories.

use std::{
    collections::BTreeSet,
    fmt::Display,
    path::{Component, Path, PathBuf},
};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::PutGenerated;
use crate::{error::shown, nearest};

/// Why a pattern finds nothing.
pub(super) struct NoTask {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// How far below a pattern's fixed part tasks are looked for.
const DEEPEST: usize = 8;

/// Directories with a `task.toml` that a pattern names. A path names its own task, or all tasks below it;
/// `generate:…` those that it makes, each where it was put.
pub(super) fn matching(
    root: &Path,
    pattern: &str,
    put: PutGenerated<'_>,
) -> Result<BTreeSet<PathBuf>, NoTask> {
    if let Some(recipe) = generate::Pattern::parse(pattern) {
        return made(pattern, recipe, put);
    }
    let glob = GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build();
    let glob = glob.map_err(|error| NoTask {
        message: format!("`{pattern}` is not a pattern: {}", error.kind()),
        help: Some("`*` stands for any name, `**` for any depth, `{a,b}` for either".to_owned()),
    })?;
    let (fixed, is_glob) = fixed_part(pattern);
    let base = root.join(&fixed);
    if !base.is_dir() {
        let message = format!("no task matches `{pattern}`: there is no directory `{}`", shown(&fixed));
        return Err(NoTask { message, help: nearest_directory(root, &fixed) });
    }
    let matcher = glob.compile_matcher();
    let tasks: BTreeSet<PathBuf> = task_dirs(&base)
        .filter(|dir| {
            let relative = dir.strip_prefix(root).unwrap_or(dir);
            !is_glob || matcher.is_match(relative)
        })
        .collect();
    if tasks.is_empty() {
        let message = format!("no task matches `{pattern}`");
        let help = "a task is a directory with a `task.toml`, as in `tasks/FAMILY/NAME`";
        return Err(NoTask { message, help: Some(help.to_owned()) });
    }
    Ok(tasks)
}

fn made(
    pattern: &str,
    recipe: Result<generate::Pattern, generate::PatternError>,
    put: PutGenerated<'_>,
) -> Result<BTreeSet<PathBuf>, NoTask> {
    let recipe = recipe.map_err(|error| NoTask {
        message: format!("`{pattern}`: {error}"),
        help: Some("write it as `generate:calc?seed=7&count=10&difficulty=3`".to_owned()),
    })?;
    let failed = |error: &dyn Display| NoTask { message: format!("`{pattern}`: {error}"), help: None };
    recipe
        .recipes()
        .map(|recipe| {
            put(&generate::generate(recipe).map_err(|error| failed(&error))?).map_err(|error| failed(&error))
        })
        .collect()
}

/// The components before the first with a wildcard, and whether there is one.
fn fixed_part(pattern: &str) -> (PathBuf, bool) {
    let wild = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let path = Path::new(pattern);
    let fixed: PathBuf = path.components().take_while(|part| !wild(part)).collect();
    (fixed, path.components().any(|part| wild(&part)))
}

fn task_dirs(base: &Path) -> impl Iterator<Item = PathBuf> {
    let mut walk = WalkDir::new(base).max_depth(DEEPEST).sort_by_file_name().into_iter();
    std::iter::from_fn(move || {
        loop {
            let entry = match walk.next()? {
                Ok(entry) => entry,
                Err(_) => continue,
            };
            if !entry.file_type().is_dir() {
                continue;
            }
            let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
            if hidden {
                walk.skip_current_dir();
            } else if entry.path().join("task.toml").is_file() {
                walk.skip_current_dir();
                return Some(entry.into_path());
            }
        }
    })
}

/// A hint at the first component that does not exist.
fn nearest_directory(root: &Path, fixed: &Path) -> Option<String> {
    let mut known = PathBuf::new();
    for part in fixed.components() {
        let next = known.join(part);
        if !root.join(&next).exists() {
            let beside = nearest::names_in(&root.join(&known));
            let wrong = part.as_os_str().to_string_lossy();
            let meant = nearest::name(&wrong, beside.iter().map(String::as_str))?;
            return Some(format!("did you mean `{}`?", known.join(meant).display()));
        }
        known = next;
    }
    None
}
