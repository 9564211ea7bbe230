//! Tasks in Terminal-Bench's older format, of a `task.yaml`, put into Harbor's: as Harbor's own command does it, but for
//! tests that end themselves.

mod dockerfile;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use walkdir::WalkDir;

use crate::{
    imports::Verdict,
    yaml::{self, Node, Unread, What},
};

/// What the tests' script ends with: its exit code is the reward. The script itself is in a subshell, so that this comes
/// after an `exit` in it, and after what `set -e` ends: failed tests are a 0 then, and not tests without a reward.
const REWARD: &str = ")
status=$?
if [ $status -eq 0 ]; then
    echo 1 > /logs/verifier/reward.txt
else
    echo 0 > /logs/verifier/reward.txt
fi
exit $status
";

/// Files of the older format that have a place of their own in the newer.
const HANDLED: [&str; 5] = ["task.yaml", "docker-compose.yaml", "solution.sh", "run-tests.sh", "tests"];

/// A file of the converted task.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the task.
    pub path: PathBuf,
    /// What is in it.
    pub content: Content,
    /// Whether it is to be made executable. A copied file may be so already.
    pub executable: bool,
}

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// What is in this file, modes included.
    Of(PathBuf),
}

/// Why a task cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConversionError {
    /// A file that must be there cannot be read, or is not what it must be.
    #[error("{file}: {wrong}")]
    File {
        /// The file, in the task.
        file: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// A form of the format that Harbor's command does not convert either.
    #[error("`{0}` is not supported: a solution is a script, `solution.sh`")]
    Unsupported(&'static str),
}

impl ConversionError {
    /// What an import says of the task.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::File { .. } => Verdict::Broken,
            Self::Unsupported(_) => Verdict::Refused,
        }
    }
}

/// Whether a directory is a task of the older format.
pub fn is_task(dir: &Path) -> bool {
    dir.join("task.yaml").is_file()
}

/// The files of the converted task.
///
/// # Errors
/// If it cannot be converted.
pub fn converted(dir: &Path) -> Result<Vec<File>, ConversionError> {
    if dir.join("solution.yaml").exists() {
        return Err(ConversionError::Unsupported("solution.yaml"));
    }
    let older = read_yaml(dir, "task.yaml")?;
    let compose = read_yaml(dir, "docker-compose.yaml")?;
    let mut files = vec![
        text("instruction.md", ended(instruction(&older)?)),
        text("task.toml", task_toml(&older)?),
        File { executable: true, ..text("tests/test.sh", tests(dir)?) },
    ];
    if dir.join("solution.sh").is_file() {
        files.push(File { executable: true, ..copied("solution/solve.sh", dir.join("solution.sh")) });
    }
    files.extend(below(&dir.join("tests"), Path::new("tests"), &["test.sh"])?);
    files.extend(environment(dir, &compose)?);
    Ok(files)
}

fn read_yaml(dir: &Path, file: &str) -> Result<Node, ConversionError> {
    yaml::read(&dir.join(file)).map_err(|Unread { line, what, .. }| {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        wrong_file(&format!("{file}{line}"), what)
    })
}

fn wrong_file(file: &str, wrong: impl Into<String>) -> ConversionError {
    ConversionError::File { file: file.to_owned(), wrong: wrong.into() }
}

fn text(path: impl Into<PathBuf>, text: String) -> File {
    File { path: path.into(), content: Content::Text(text), executable: false }
}

fn copied(path: impl Into<PathBuf>, from: PathBuf) -> File {
    File { path: path.into(), content: Content::Of(from), executable: false }
}

fn ended(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}

fn instruction(older: &Node) -> Result<String, ConversionError> {
    let said = older.get("instruction").and_then(Node::text).map(str::to_owned);
    said.ok_or_else(|| wrong_file("task.yaml", "there is no `instruction`"))
}

fn task_toml(older: &Node) -> Result<String, ConversionError> {
    let seconds =
        |key: &str, default: f64| older.get(key).and_then(|said| said.json().as_f64()).unwrap_or(default);
    let free = [
        "author_name",
        "author_email",
        "difficulty",
        "category",
        "tags",
        "estimated_duration_sec",
        "expert_time_estimate_min",
        "junior_time_estimate_min",
    ];
    let said =
        |key: &&str| older.get(key).map(Node::json).filter(|value| !value.is_null() && !value.is_object());
    let metadata: Map<String, Value> =
        free.iter().filter_map(|key| Some(((*key).to_owned(), said(key)?))).collect();
    let task = json!({
        "version": "1.0",
        "metadata": metadata,
        "agent": {"timeout_sec": seconds("max_agent_timeout_sec", 360.0)},
        "verifier": {"timeout_sec": seconds("max_test_timeout_sec", 60.0)},
    });
    toml::to_string(&task).map_err(|error| wrong_file("task.yaml", error.to_string()))
}

/// The script of the tests. What its exit code said is written as a reward. The subshell holds a command at least.
fn tests(dir: &Path) -> Result<String, ConversionError> {
    let script = fs_err::read_to_string(dir.join("run-tests.sh"));
    let script = script.map_err(|error| wrong_file("run-tests.sh", error.to_string()))?;
    let script = ended(script.replace("$TEST_DIR", "/tests"));
    let interpreter = if script.starts_with("#!") { script.find('\n').map_or(0, |end| end + 1) } else { 0 };
    let (interpreter, script) = script.split_at(interpreter);
    Ok(format!("{interpreter}(\n:\n{script}{REWARD}"))
}

/// The files of the environment: what is left of the task, the build context of its main container in their midst.
fn environment(dir: &Path, compose: &Node) -> Result<Vec<File>, ConversionError> {
    let services = compose.get("services").map(Node::pairs).unwrap_or_default();
    let main = services.iter().find(|(name, _)| name == "client").or_else(|| services.first());
    let Some((name, main)) = main.filter(|(_, main)| matches!(main.what, What::Map(_))) else {
        return Err(wrong_file("docker-compose.yaml", "there is no service"));
    };
    let build = main.get("build");
    let context = build.and_then(|build| build.get("context").unwrap_or(build).text()).unwrap_or(".");
    let context = context.trim_start_matches("./").trim_end_matches('/');
    let to = Path::new("environment");
    let is_inside =
        Path::new(context).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !context.is_empty() && context != "." && !is_inside {
        return Err(wrong_file(
            "docker-compose.yaml",
            format!("the context `{context}` leads out of the task"),
        ));
    }
    let from = if matches!(context, "" | ".") { dir.to_owned() } else { dir.join(context) };
    let text_of = fs_err::read_to_string(from.join("Dockerfile"));
    let text_of = text_of.map_err(|error| wrong_file("Dockerfile", error.to_string()))?;
    let mut files = vec![text(to.join("Dockerfile"), dockerfile::completed(&text_of, main))];
    let mut skipped: Vec<&str> = HANDLED.to_vec();
    if from == dir {
        skipped.push("Dockerfile");
    } else {
        files.extend(below(&from, to, &["Dockerfile"])?);
        skipped.extend(context.split('/').next());
    }
    let is_copied = |name: &str| {
        ["COPY ", "COPY ./", "ADD ", "ADD ./"]
            .iter()
            .any(|begins| text_of.contains(&format!("{begins}{name}")))
    };
    if is_copied("tests") {
        files.extend(below(&dir.join("tests"), &to.join("tests"), &[])?);
    }
    let copied_scripts =
        ["solution.sh", "run-tests.sh"].into_iter().filter(|script| dir.join(script).is_file());
    files.extend(
        copied_scripts
            .filter(|script| is_copied(script))
            .map(|script| copied(to.join(script), dir.join(script))),
    );
    files.extend(below(dir, to, &skipped)?);
    if !dockerfile::holds_all(compose, services, main) {
        let converted = dockerfile::compose(compose, services, name, main);
        files.push(text(to.join("docker-compose.yaml"), converted));
    }
    Ok(files)
}

/// The files below a folder, put below another path; none where there is no such folder. `skipped`: names in the folder
/// itself that are left out.
fn below(folder: &Path, to: &Path, skipped: &[&str]) -> Result<Vec<File>, ConversionError> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    let stays = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() != 1 || (name != ".git" && !skipped.contains(&&*name))
    };
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(stays) {
        let entry = entry.map_err(|error| wrong_file(&folder.display().to_string(), error.to_string()))?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            files.push(copied(to.join(path), entry.path().to_owned()));
        }
    }
    Ok(files)
}
