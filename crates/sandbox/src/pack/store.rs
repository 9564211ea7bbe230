//! Where packs are kept.

use std::{
    io,
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::{Manifest, Pack, PackError, Recipe};
use crate::data::cache_directory;

/// Characters of the recipe's digest in a directory's name.
const SHORT: usize = 16;

/// `overhang/packs` under `XDG_CACHE_HOME` or `~/.cache`.
pub fn default_store() -> PathBuf {
    cache_directory().join("packs")
}

/// The pack of this recipe as its folder is now, if it was built.
///
/// # Errors
/// If the folder cannot be read, or the pack's own record is damaged.
pub fn find(recipe: &Recipe, store: &Path) -> Result<Option<Pack>, PackError> {
    let digest = recipe.digest()?;
    let root = root(recipe, &digest, store);
    let record = root.join("pack.json");
    let text = match fs::read(&record) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let damaged = |reason: String| PackError::Damaged { path: record.clone(), reason };
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if manifest.recipe != digest {
        return Err(damaged("it belongs to another recipe".into()));
    }
    let dir = root.join("tree");
    if dir.is_dir() {
        Ok(Some(Pack { dir, manifest }))
    } else {
        Err(damaged("there is no tree beside it".into()))
    }
}

/// Where a pack is, or will be.
pub(super) fn root(recipe: &Recipe, digest: &str, store: &Path) -> PathBuf {
    store.join(format!("{}-{}", recipe.name, digest.get(..SHORT).unwrap_or(digest)))
}

/// One builder per harness and store, in any process: held until dropped, also by the end of the process.
pub(super) struct BuildLock {
    _file: fs::File,
    /// An empty place to build in. Nobody else uses one of this name while the lock is held.
    pub(super) scratch: PathBuf,
}

impl BuildLock {
    /// Waits for the lock and clears what a dead builder left. Blocks.
    pub(super) fn take(name: &str, store: &Path) -> io::Result<Self> {
        fs::create_dir_all(store)?;
        let file = fs::File::create(store.join(format!(".{name}.lock")))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        let scratch = store.join(format!(".{name}.building"));
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(scratch.join("tree"))?;
        Ok(Self { _file: file, scratch })
    }

    /// Puts what was built into place.
    pub(super) fn commit(self, manifest: &Manifest, root: &Path) -> io::Result<()> {
        fs::write(self.scratch.join("pack.json"), serde_json::to_vec_pretty(manifest)?)?;
        fs::rename(&self.scratch, root)
    }
}

impl Drop for BuildLock {
    fn drop(&mut self) {
        // After a commit there is nothing; after a failure the next builder would clear it too.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::recipe::tests::recipe;

    #[test]
    fn a_committed_pack_is_found_and_a_damaged_one_is_told() {
        let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let one = recipe(folder.path());
        assert_eq!(find(&one, store.path()).unwrap(), None);
        let digest = one.digest().unwrap();
        let root = root(&one, &digest, store.path());
        let manifest = Manifest {
            name: one.name.clone(),
            version: one.version.clone(),
            recipe: digest,
            digest: String::new(),
            bytes: 0,
            builder: String::new(),
            built_at: jiff::Timestamp::UNIX_EPOCH,
        };
        BuildLock::take("one", store.path()).unwrap().commit(&manifest, &root).unwrap();
        let found = find(&one, store.path()).unwrap().unwrap();
        assert_eq!((found.manifest, found.dir), (manifest, root.join("tree")));
        fs::write(root.join("pack.json"), "{").unwrap();
        let error = find(&one, store.path()).unwrap_err().to_string();
        assert!(error.contains("pack.json") && error.contains("build the pack again"), "{error}");
    }

    #[test]
    fn what_a_dead_builder_left_is_cleared() {
        let store = tempfile::tempdir().unwrap();
        fs::create_dir_all(store.path().join(".one.building/tree/old")).unwrap();
        let lock = BuildLock::take("one", store.path()).unwrap();
        assert_eq!(fs::read_dir(lock.scratch.join("tree")).unwrap().count(), 0);
    }
}
