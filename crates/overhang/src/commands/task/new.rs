//! `overhang task new`: the files of a task, to be filled in.

use std::path::Path;

use spec::{project::Project, task::Split};

use super::read;
use crate::{cli::PassEnv, exit::Exit, failure::Failure};

/// Each file with its text. What stands in double braces is filled in here; what says FILL IN is the author's, and
/// `task check` finds it as long as it stands.
const FILES: [(&str, &str); 8] = [
    ("task.toml", include_str!("../../../templates/task/task.toml")),
    ("instruction.md", include_str!("../../../templates/task/instruction.md")),
    ("environment/Dockerfile", include_str!("../../../templates/task/environment/Dockerfile")),
    ("environment/workspace/README", include_str!("../../../templates/task/environment/workspace/README")),
    ("tests/check.py", include_str!("../../../templates/task/tests/check.py")),
    ("solution/solve.sh", include_str!("../../../templates/task/solution/solve.sh")),
    ("wrong/first/solve.sh", include_str!("../../../templates/task/wrong/first/solve.sh")),
    ("wrong/second/solve.sh", include_str!("../../../templates/task/wrong/second/solve.sh")),
];

pub(crate) fn new(name: &str) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let (family, short) = name
        .split_once('/')
        .filter(|(family, short)| spec::task::is_family(family) && spec::task::is_family(short))
        .ok_or_else(|| {
            Failure::Input(format!("`{name}` is not a task: write FAMILY/NAME, as in fix/last-lines"))
        })?;
    let dir = project.root.join("tasks").join(family).join(short);
    if dir.exists() {
        return Err(Failure::Input(format!("{} exists", dir.display())));
    }
    let canary = random_canary()?;
    let texts = FILES.iter().map(|(path, text)| (*path, (*text).to_owned()));
    let common = generate::common_tests(&canary);
    let values = [
        ("canary", canary.as_str()),
        ("family", family),
        ("name", short),
        ("today", &jiff::Zoned::now().date().to_string()),
        ("split", split(&project, family)),
    ];
    for (path, text) in texts.chain(common) {
        let text =
            values.iter().fold(text, |text, (key, value)| text.replace(&format!("{{{{ {key} }}}}"), value));
        let path = dir.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(&dir)).map_err(Failure::other)?;
        fs_err::write(path, text).map_err(Failure::other)?;
    }
    outln!("{}", dir.display());
    errln!("fill in what says FILL IN (docs/guides/tasks.md), then: overhang task check {name}");
    Ok(Exit::Done)
}

/// 32 random hexadecimal digits.
fn random_canary() -> Result<String, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Failure::other(error.to_string()))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The family's split; a new family is for tuning until somebody decides otherwise.
fn split(project: &Project, family: &str) -> &'static str {
    let tasks = if project.root.join("tasks").join(family).is_dir() {
        // A folder without a task in it yet is a new family, too.
        read(project, &[format!("tasks/{family}")], &PassEnv::default()).unwrap_or_default()
    } else {
        Vec::new()
    };
    match tasks.iter().flatten().find_map(spec::Task::split) {
        Some(Split::Test) => "test",
        Some(Split::Dev) | None => "dev",
    }
}
