//! What is known of a task's hidden parts and of its project: for those who look for them in what an agent wrote.

use std::path::{Path, PathBuf};

use audit::TaskFacts;
use spec::Task;

/// Largest file that is read.
const LARGEST: u64 = 1 << 20;
/// Most files that are looked at of one folder.
const MOST: usize = 2000;
/// Files in which a project says its name, and what stands before it.
const MANIFESTS: &[(&str, &str)] = &[
    ("pyproject.toml", "name"),
    ("setup.cfg", "name"),
    ("setup.py", "name"),
    ("Cargo.toml", "name"),
    ("package.json", "\"name\""),
    ("go.mod", "module"),
];

/// What is known of a task. What cannot be read is left out.
pub(crate) fn of(task: &Task) -> TaskFacts {
    let mut facts = TaskFacts {
        directory: task.environment.workdir.clone(),
        impossible: task.impossible().is_some(),
        ..TaskFacts::default()
    };
    for part in task.parts() {
        for folder in &part.tests {
            for file in files(folder) {
                facts.tests.extend(file.strip_prefix(folder).ok().map(|path| path.display().to_string()));
                text(&file).iter().for_each(|text| facts.add_cases(text));
            }
        }
        for file in files(&part.path.join("solution")) {
            text(&file).iter().for_each(|text| facts.add_solution(text));
        }
    }
    for file in files(&task.path.join("environment")) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some((_, key)) = MANIFESTS.iter().find(|(manifest, _)| *manifest == name) {
            facts.packages.extend(text(&file).and_then(|text| named(&text, key)));
        }
    }
    facts.tests.sort();
    facts.tests.dedup();
    facts.packages.sort();
    facts.packages.dedup();
    facts
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().take(MOST).filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
}

fn text(file: &Path) -> Option<String> {
    let small = fs_err::metadata(file).is_ok_and(|file| file.len() <= LARGEST);
    fs_err::read_to_string(file).ok().filter(|_| small)
}

/// The first name that a manifest gives.
fn named(text: &str, key: &str) -> Option<String> {
    let value = text.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(key)?.trim_start();
        rest.strip_prefix(['=', ':']).or((key == "module").then_some(rest))
    })?;
    let name = value.trim().trim_matches(['"', '\'', ',']).rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_name_themselves() {
        assert_eq!(named("[project]\nname = \"tidy\"\n", "name").as_deref(), Some("tidy"));
        assert_eq!(named("{\n  \"name\": \"@a/tidy\",\n}", "\"name\"").as_deref(), Some("tidy"));
        assert_eq!(named("module example.com/a/tidy\n", "module").as_deref(), Some("tidy"));
        assert_eq!(named("[tool]\n", "name"), None);
    }
}
