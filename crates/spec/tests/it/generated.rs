//! Generated tasks are tasks like any other, a hundred of each family.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use generate::{DIFFICULTIES, Family, Recipe};
use spec::{lint, task};

use spec::host::Host;

use crate::kit::Sketch;

fn write(below: &Path, task: &generate::Task) -> PathBuf {
    let dir = below.join(task.recipe.id());
    for generate::File { path, text, executable } in &task.files {
        let path = dir.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        let mode = if *executable { 0o755 } else { 0o644 };
        fs_err::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    dir
}

#[test]
fn generated_tasks_are_valid_and_nothing_is_to_be_said_of_their_files() {
    let dir = tempfile::tempdir().unwrap();
    for family in Family::ALL {
        for index in 0..100 {
            let difficulty = DIFFICULTIES.start() + index % DIFFICULTIES.clone().count() as u32;
            let made = generate::generate(Recipe { family, seed: 41, index, difficulty }).unwrap();
            let path = write(dir.path(), &made);
            let task = task::load(&path, &Host::of(&|_| None)).unwrap();
            assert_eq!(task.id, made.recipe.id());
            assert_eq!(lint::task(&task).unwrap(), [], "{}", task.id);
            assert!(task.wrong().len() >= 2 && task.split().is_some(), "{}", task.id);
            fs_err::remove_dir_all(path).unwrap();
        }
    }
}

#[test]
fn a_pattern_names_its_tasks_where_the_caller_puts_them_and_nothing_else_is_written() {
    let (sketch, elsewhere) = (Sketch::new(), tempfile::tempdir().unwrap());
    let files = || walkdir::WalkDir::new(sketch.root()).into_iter().count();
    let before = files();
    let put = |task: &generate::Task| Ok(write(elsewhere.path(), task));
    let dirs = sketch.project().task_dirs("generate:calc?seed=7&count=3&difficulty=2", &put).unwrap();
    let expected = ["d2-s7-0", "d2-s7-1", "d2-s7-2"].map(|name| elsewhere.path().join("calc").join(name));
    assert_eq!(Vec::from_iter(dirs), expected);
    assert_eq!(files(), before);

    let told = |error: spec::FileError| sketch.rendered(&error);
    let unknown = sketch.project().task_dirs("generate:clac?seed=7", &put).unwrap_err();
    assert!(told(unknown).contains("did you mean `calc`?"));
    let full = |_: &generate::Task| Err(std::io::Error::other("no space"));
    let full = sketch.project().task_dirs("generate:calc?seed=7", &full).unwrap_err();
    assert!(told(full).contains("`generate:calc?seed=7`: no space"));
}
