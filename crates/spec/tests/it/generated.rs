//! Generated tasks are tasks like any other, a hundred of each family.

use std::path::Path;

use generate::{DIFFICULTIES, Family, Recipe};
use spec::{generated, lint, task};

#[test]
fn generated_tasks_are_valid_and_nothing_is_to_be_said_of_their_files() {
    let dir = tempfile::tempdir().unwrap();
    for family in Family::ALL {
        for index in 0..100 {
            let difficulty = DIFFICULTIES.start() + index % DIFFICULTIES.clone().count() as u32;
            let made = generate::generate(Recipe { family, seed: 41, index, difficulty }).unwrap();
            let path = dir.path().join(made.recipe.id());
            generated::write(&path, &made).unwrap();
            assert!(generated::holds(&path, &made).unwrap());
            let task = task::load(&path, &|_| None).unwrap();
            assert_eq!(task.id, made.recipe.id());
            assert_eq!(lint::task(&task).unwrap(), [], "{}", task.id);
            assert!(task.wrong().len() >= 2 && task.split().is_some(), "{}", task.id);
            fs_err::remove_dir_all(path).unwrap();
        }
    }
}

#[test]
fn a_pattern_makes_its_tasks_and_mends_what_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for folder in ["models", "harnesses", "tasks"] {
        fs_err::create_dir(root.join(folder)).unwrap();
    }
    let project = spec::Project::find(root).unwrap();
    let pattern = "generate:calc?seed=7&count=3&difficulty=2";
    let digests = || {
        let dirs = project.task_dirs(pattern).unwrap();
        let load = |dir: &std::path::PathBuf| task::load(dir, &|_| None).unwrap().digest;
        dirs.iter().map(load).collect::<Vec<_>>()
    };
    let first = digests();
    assert_eq!(first.len(), 3);
    let changed = root.join("runs/.generated/calc/d2-s7-1/instruction.md");
    fs_err::write(&changed, "something easier").unwrap();
    fs_err::write(changed.with_file_name("more"), "").unwrap();
    assert_eq!(digests(), first);
    let told = project.task_dirs("generate:clac?seed=7").unwrap_err().render(false);
    assert!(told.contains("did you mean `calc`?"), "{told}");
    assert!(!Path::new("runs").exists());
}
