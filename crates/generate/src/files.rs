//! From a problem to a task's files.

use serde::Serialize;

use crate::{
    Recipe,
    draw::Draw,
    problem::{Problem, Start, filled},
};

/// A file of a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// Its path from the task's directory.
    pub path: String,
    /// What it holds.
    pub text: String,
    /// Whether it can be executed.
    pub executable: bool,
}

/// The day from which on these generators are public. Their tasks are as new as the seed is.
const PUBLIC: &str = "2026-11-22";

#[derive(Serialize)]
struct Cases<'c> {
    canary: String,
    cases: Vec<Case<'c>>,
}

#[derive(Serialize)]
struct Case<'c> {
    input: &'c str,
    output: &'c str,
}

pub(crate) fn of(recipe: Recipe, problem: &Problem) -> Vec<File> {
    let canary = canary(recipe);
    let mut files = Vec::new();
    let mut add = |path: String, text: String| {
        let executable = text.starts_with("#!");
        files.push(File { path, text: filled(&text, &[("canary", &canary)]), executable });
    };
    add("task.toml".to_owned(), metadata(recipe, problem, &canary));
    let instruction = format!("<!-- overhang canary {canary} -->\n{}", problem.instruction);
    add("instruction.md".to_owned(), instruction);
    add("environment/Dockerfile".to_owned(), include_str!("../templates/Dockerfile").to_owned());
    for (name, text) in &problem.workspace {
        add(format!("environment/workspace/{name}"), text.clone());
    }
    add("tests/cases.json".to_owned(), cases(problem, &canary));
    let alone = if problem.start == Start::PythonAlone { "True" } else { "False" };
    let check = include_str!("../templates/check.py");
    add("tests/check.py".to_owned(), filled(check, &[("program", problem.program), ("alone", alone)]));
    for (path, text) in common_tests(&canary) {
        add(path.to_owned(), text);
    }
    add("solution/solve.sh".to_owned(), script(problem.program, &problem.solution.program));
    for (name, wrong) in &problem.wrong {
        add(format!("wrong/{name}/solve.sh"), script(problem.program, &wrong.program));
    }
    files.sort();
    files
}

/// `tests/test.sh` and `tests/box.py`, which all tasks of the repository have in common, with a task's canary.
pub fn common_tests(canary: &str) -> [(&'static str, String); 2] {
    let with_canary = |text: &str| {
        let line = |line: &str| match line.split_once("overhang canary ") {
            Some((before, _)) => format!("{before}overhang canary {canary}\n"),
            None => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    };
    [
        ("tests/test.sh", with_canary(include_str!("../../../tasks/fix/last-lines/tests/test.sh"))),
        ("tests/box.py", with_canary(include_str!("../../../tasks/fix/last-lines/tests/box.py"))),
    ]
}

/// 32 hexadecimal digits, the recipe's own.
fn canary(recipe: Recipe) -> String {
    let mut draw = Draw::new(recipe, u64::MAX);
    format!("{:016x}{:016x}", draw.bits(), draw.bits())
}

fn metadata(recipe: Recipe, problem: &Problem, canary: &str) -> String {
    let difficulty = match recipe.difficulty {
        0..=2 => "easy",
        3 => "medium",
        _ => "hard",
    };
    filled(
        include_str!("../templates/task.toml"),
        &[
            ("canary", canary),
            ("family", recipe.family.as_str()),
            ("name", &recipe.name()),
            ("description", &problem.description),
            ("difficulty", difficulty),
            ("level", &recipe.difficulty.to_string()),
            ("languages", &format!("{:?}", problem.languages)),
            ("public", PUBLIC),
            ("split", recipe.family.split()),
            ("minutes", &problem.expert_minutes.to_string()),
            ("seed", &recipe.seed.to_string()),
            ("index", &recipe.index.to_string()),
            ("quantity", &problem.quantity.to_string()),
            ("counted", recipe.family.quantity()),
        ],
    )
}

/// The hidden inputs with what they have to give, a line each.
fn cases(problem: &Problem, canary: &str) -> String {
    let pairs = problem.inputs.iter().zip(&problem.solution.outputs);
    let cases = pairs.map(|(input, output)| Case { input, output }).collect();
    let cases = Cases { canary: format!("overhang canary {canary}"), cases };
    // Texts and lists of texts can always be written as JSON.
    serde_json::to_string_pretty(&cases).unwrap_or_default() + "\n"
}

/// A script that writes a program.
fn script(path: &str, program: &str) -> String {
    let start = "#!/bin/bash\n# overhang canary {{ canary }}\nset -e\n";
    format!("{start}cat > {path} <<\"END\"\n{program}END\nchmod +x {path}\n")
}
