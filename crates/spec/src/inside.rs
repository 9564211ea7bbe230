//! Files that another file names must lie in its folder: what is read goes to containers and providers.

use std::path::{Component, Path, PathBuf};

/// What to do about a path that leads out.
pub(crate) const HELP: &str =
    "put the file itself into this folder, and name it without `..` and a first `/`";

/// How a path leads out of a folder; the end of a sentence whose subject is the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Outside {
    /// By its own words.
    #[error("leads out of its folder")]
    Path,
    /// By a link on the way.
    #[error("is a link that leads out of its folder")]
    Link,
}

/// The file at `path` below `folder`. A file that does not exist lies where its words say.
pub(crate) fn file(folder: &Path, path: &str) -> Result<PathBuf, Outside> {
    let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(path).components().all(stays) {
        return Err(Outside::Path);
    }
    let file = folder.join(path);
    let real = |path: &Path| fs_err::canonicalize(path).ok();
    match (real(folder), real(&file)) {
        (Some(folder), Some(file)) if !file.starts_with(&folder) => Err(Outside::Link),
        _ => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("own");
        fs_err::create_dir_all(folder.join("sub")).unwrap();
        fs_err::write(dir.path().join("secret"), "s").unwrap();
        fs_err::write(folder.join("sub/a"), "a").unwrap();
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, folder.join(at)).unwrap();
        link("../secret", "out");
        link("..", "up");
        link("sub/a", "in");
        for path in ["sub/a", "./sub/a", "in", "none"] {
            assert_eq!(file(&folder, path), Ok(folder.join(path)), "{path}");
        }
        for path in ["../secret", "sub/../../secret", "/etc/passwd", ""] {
            assert_eq!(file(&folder, path).is_err(), !path.is_empty(), "{path}");
        }
        assert_eq!(
            (file(&folder, "out"), file(&folder, "up/secret")),
            (Err(Outside::Link), Err(Outside::Link))
        );
    }
}
