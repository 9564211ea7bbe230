//! Generated tasks on disk: made by `generate`, which has no hands.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use generate::{File, Pattern};
use walkdir::WalkDir;

/// Below a project's root, where the generated tasks of sweeps are kept. What is here can be made again.
const KEPT: &str = "runs/.generated";

/// The directories of the tasks that a pattern names, made unless they are there as they should be.
pub(crate) fn dirs(root: &Path, pattern: Pattern) -> io::Result<Vec<PathBuf>> {
    let kept = |recipe: generate::Recipe| {
        let task = generate::generate(recipe).map_err(io::Error::other)?;
        let dir = root.join(KEPT).join(recipe.id());
        if !holds(&dir, &task)? {
            replace(&dir, &task)?;
        }
        Ok(dir)
    };
    pattern.recipes().map(kept).collect()
}

/// Whether a directory holds this task and nothing else.
///
/// # Errors
/// If it cannot be read.
pub fn holds(dir: &Path, task: &generate::Task) -> io::Result<bool> {
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
///
/// # Errors
/// If one cannot be written.
pub fn write(dir: &Path, task: &generate::Task) -> io::Result<()> {
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
fn replace(dir: &Path, task: &generate::Task) -> io::Result<()> {
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
