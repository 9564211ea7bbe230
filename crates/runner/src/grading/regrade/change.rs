//! How the test and runner files of a work tree differ from its image's.

use std::{collections::BTreeSet, sync::Arc};

use sandbox::guest::Guest;
use wire::PutMode;

use super::{
    files::{Files, Part, part},
    pristine::{Pristine, select},
};
use crate::{
    container::{
        site::Site,
        workspace::{put, take_away},
    },
    no_verdict::NoVerdict,
};

/// How the test and runner files of a work tree differ from its image's.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The image's.
    pub(super) pristine: Arc<Pristine>,
    /// Paths that are to be as the image has them.
    pub(super) restore: BTreeSet<String>,
    /// Paths that the image has not.
    pub(super) remove: BTreeSet<String>,
}

impl Change {
    /// Between an image and a work tree. What the instruction names of runners and settings is the work, and stays; so
    /// is data that was added.
    pub(super) fn between(pristine: Arc<Pristine>, here: &Files, instruction: &str) -> Self {
        let there = &pristine.files;
        let is_asked = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            !audit::is_test(path) && instruction.contains(name)
        };
        let restore = there.iter().filter(|(path, seen)| here.get(*path) != Some(*seen) && !is_asked(path));
        let restore = restore.map(|(path, _)| path.clone()).collect();
        let remove = here
            .keys()
            .filter(|path| !there.contains_key(*path) && part(path) == Some(Part::Theirs) && !is_asked(path));
        let remove = remove.cloned().collect();
        Self { pristine, restore, remove }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.restore.is_empty() && self.remove.is_empty()
    }

    /// Whether files with other settings are among them.
    pub(super) fn has_settings(&self) -> bool {
        self.restore.iter().any(|path| part(path) == Some(Part::Settings))
    }

    /// Every path, `=` before what is put back and `-` before what is taken away.
    pub(super) fn told(&self) -> Vec<String> {
        let restored = self.restore.iter().map(|path| format!("={path}"));
        restored.chain(self.remove.iter().map(|path| format!("-{path}"))).collect()
    }
}

impl Change {
    /// Makes the test and runner files in a container the image's.
    ///
    /// # Errors
    /// If the container refuses.
    pub(crate) async fn undo(&self, site: &Site<'_>, guest: &Guest) -> Result<(), NoVerdict> {
        let all: Vec<&String> = self.remove.iter().chain(&self.restore).collect();
        take_away(guest, &all).await?;
        let Some(archive) = self.pristine.archive.as_ref().filter(|_| !self.restore.is_empty()) else {
            return Ok(());
        };
        let (archive, paths, scratch) =
            (archive.to_path_buf(), self.restore.clone(), site.scratch.to_owned());
        let chosen = tokio::task::spawn_blocking(move || {
            let chosen = select(&archive, paths.iter(), &scratch)?;
            Ok::<_, std::io::Error>((archive, chosen))
        });
        let (whole, chosen) = chosen.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)?;
        guest.put_tar(put("/", PutMode::Merge), chosen.as_deref().unwrap_or(&whole)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_s_come_back_and_what_was_added_goes() {
        let files = |all: &[(&str, &str)]| -> Files {
            all.iter().map(|(path, seen)| ((*path).to_owned(), (*seen).to_owned())).collect()
        };
        let image = files(&[
            ("/w/test_a.py", "1"),
            ("/w/test_b.py", "1"),
            ("/w/package.json", "1"),
            ("/w/tox.ini", "1"),
        ]);
        let here = files(&[
            ("/w/test_a.py", "2"),
            ("/w/package.json", "2"),
            ("/w/tox.ini", "2"),
            ("/w/conftest.py", "1"),
            ("/w/tests/new.json", "1"),
        ]);
        let change = Change::between(Pristine::with(image.clone()), &here, "Mend tox.ini.");
        assert_eq!(change.told(), ["=/w/package.json", "=/w/test_a.py", "=/w/test_b.py", "-/w/conftest.py"]);
        assert!(change.has_settings());
        assert!(Change::between(Pristine::with(image.clone()), &image, "").is_empty());
    }
}
