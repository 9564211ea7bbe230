//! Generated tasks on disk. `generate` makes them in memory, and `spec` asks where they are put.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use generate::{File, Task};
use walkdir::WalkDir;

/// Keeps a project's generated tasks in its `runs/.generated`. What is there can be made again.
pub(crate) fn kept(project: &Path) -> impl Fn(&Task) -> io::Result<PathBuf> {
    below(project.join("runs/.generated"))
}

/// Keeps generated tasks below a folder, each written unless it is there as it should be.
pub(crate) fn below(folder: impl Into<PathBuf>) -> impl Fn(&Task) -> io::Result<PathBuf> {
    let folder = folder.into();
    move |task| {
        let dir = folder.join(task.recipe.id());
        if !holds(&dir, task)? {
            replace(&dir, task)?;
        }
        Ok(dir)
    }
}

/// Whether a directory holds this task and nothing else.
pub(crate) fn holds(dir: &Path, task: &Task) -> io::Result<bool> {
    if !dir.is_dir() {
        return Ok(false);
    }
    let mut found = 0;
    for entry in WalkDir::new(dir) {
        found += usize::from(!entry?.file_type().is_dir());
    }
    let same = |file: &File| -> io::Result<bool> {
        let path = dir.join(&file.path);
        Ok(path.is_file()
            && fs_err::read(&path)? == file.text.as_bytes()
            && (fs_err::metadata(&path)?.permissions().mode() & 0o100 != 0) == file.executable)
    };
    let same = task.files.iter().map(same).collect::<io::Result<Vec<_>>>()?;
    Ok(found == same.len() && same.into_iter().all(|same| same))
}

/// Writes a task's files below a directory, which is made.
pub(crate) fn write(dir: &Path, task: &Task) -> io::Result<()> {
    for File { path, text, executable } in &task.files {
        let path = dir.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(dir))?;
        fs_err::write(&path, text)?;
        let mode = if *executable { 0o755 } else { 0o644 };
        fs_err::set_permissions(&path, PermissionsExt::from_mode(mode))?;
    }
    Ok(())
}

/// Puts a task in the place of whatever was there, whole or not at all.
fn replace(dir: &Path, task: &Task) -> io::Result<()> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let part = dir.with_file_name(format!(".{name}.{}", std::process::id()));
    write(&part, task)?;
    if dir.exists() {
        fs_err::remove_dir_all(dir)?;
    }
    match fs_err::rename(&part, dir) {
        // Somebody else was faster.
        Err(_) if holds(dir, task)? => fs_err::remove_dir_all(&part),
        renamed => renamed,
    }
}

#[cfg(test)]
mod tests {
    use generate::{Family, Recipe};

    use super::*;

    #[test]
    fn a_task_that_was_changed_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = Recipe { family: Family::Calc, seed: 7, index: 1, difficulty: 2 };
        let task = generate::generate(recipe).unwrap();
        let keep = kept(folder.path());
        let dir = keep(&task).unwrap();
        assert_eq!(dir, folder.path().join("runs/.generated/calc/d2-s7-1"));
        assert!(holds(&dir, &task).unwrap());

        fs_err::write(dir.join("instruction.md"), "something easier").unwrap();
        fs_err::write(dir.join("more"), "").unwrap();
        assert!(!holds(&dir, &task).unwrap());
        keep(&task).unwrap();
        assert!(holds(&dir, &task).unwrap());
    }
}
