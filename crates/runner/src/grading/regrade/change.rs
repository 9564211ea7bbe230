//! How the test and runner files of a work tree differ from its image's.

use std::{collections::BTreeMap, sync::Arc};

use sandbox::guest::Guest;
use wire::PutMode;

use super::{
    files::{Files, Part},
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
    pristine: Arc<Pristine>,
    /// Paths that are to be as the image has them.
    restore: BTreeMap<String, Part>,
    /// Paths that the image has not.
    remove: BTreeMap<String, Part>,
}

/// Bytes before a name that are looked at for words that turn a request round.
const BEFORE: usize = 40;

impl Change {
    /// Between an image and a work tree. A runner's file or settings that the instruction asks for are the work, and
    /// stay; so does what it asks to be added, and data that were.
    pub(super) fn between(pristine: Arc<Pristine>, here: &Files, instruction: &str) -> Self {
        let there = &pristine.files;
        let restore = there.iter().filter(|(path, seen)| {
            let own = matches!(seen.part, Part::Runner | Part::Settings) && asks_for(instruction, path);
            here.get(*path).map(|seen| &seen.what) != Some(&seen.what) && !own
        });
        let restore = restore.map(|(path, seen)| (path.clone(), seen.part)).collect();
        let remove = here.iter().filter(|(path, seen)| {
            !there.contains_key(*path) && seen.part != Part::Data && !asks_for(instruction, path)
        });
        let remove = remove.map(|(path, seen)| (path.clone(), seen.part)).collect();
        Self { pristine, restore, remove }
    }

    /// The part of it that no honest work rests on: the image's own tests, and a runner's files.
    pub(super) fn sure(&self) -> Self {
        let of = |all: &BTreeMap<String, Part>, wanted: &[Part]| {
            all.iter()
                .filter(|(_, part)| wanted.contains(part))
                .map(|(path, part)| (path.clone(), *part))
                .collect()
        };
        Self {
            pristine: self.pristine.clone(),
            restore: of(&self.restore, &[Part::Runner, Part::Test, Part::Data]),
            remove: of(&self.remove, &[Part::Runner]),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.paths() == 0
    }

    pub(super) fn paths(&self) -> usize {
        self.restore.len() + self.remove.len()
    }

    /// A path that is to be put back and is another name of a file in the image: that cannot be done by itself.
    pub(super) fn hard_link(&self) -> Option<&str> {
        let is_one = |path: &&String| self.pristine.files.get(*path).is_some_and(|seen| seen.is_hard_link);
        self.restore.keys().find(is_one).map(String::as_str)
    }

    /// Paths, `=` before what is put back and `-` before what is taken away.
    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        let restored = self.restore.keys().map(|path| format!("={path}"));
        restored.chain(self.remove.keys().map(|path| format!("-{path}")))
    }

    /// Makes the test and runner files in a container the image's.
    ///
    /// # Errors
    /// If the container refuses.
    pub(crate) async fn undo(&self, site: &Site<'_>, guest: &Guest) -> Result<(), NoVerdict> {
        let all: Vec<&String> = self.remove.keys().chain(self.restore.keys()).collect();
        take_away(guest, &all).await?;
        let Some(archive) = self.pristine.archive.as_ref().filter(|_| !self.restore.is_empty()) else {
            return Ok(());
        };
        let (archive, paths, scratch) =
            (archive.to_path_buf(), self.restore.clone(), site.scratch.to_owned());
        let chosen = tokio::task::spawn_blocking(move || {
            let chosen = select(&archive, paths.keys(), &scratch)?;
            Ok::<_, std::io::Error>((archive, chosen))
        });
        let (whole, chosen) = chosen.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)?;
        guest.put_tar(put("/", PutMode::Merge), chosen.as_deref().unwrap_or(&whole)).await?;
        Ok(())
    }
}

/// Whether an instruction names a file, and not only to say that it is not to be touched.
fn asks_for(instruction: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    instruction.match_indices(name).any(|(at, _)| {
        let whole =
            !instruction[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let from = instruction.floor_char_boundary(at.saturating_sub(BEFORE));
        let before = instruction[from..at].to_lowercase();
        let words = before.split(|c: char| !c.is_alphanumeric() && c != '\'');
        whole && !words.into_iter().any(|word| ["not", "never", "no", "without", "don't"].contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::regrade::files::Seen;

    fn files(all: &[(&str, Part, &str)]) -> Files {
        let seen = |part: Part, what: &str| Seen { part, what: what.to_owned(), is_hard_link: false };
        all.iter().map(|(path, part, what)| ((*path).to_owned(), seen(*part, what))).collect()
    }

    #[test]
    fn the_image_s_come_back_and_what_was_added_goes() {
        let image = files(&[
            ("/w/test_a.py", Part::Test, "1"),
            ("/w/test_b.py", Part::Test, "1"),
            ("/w/package.json", Part::Settings, "1"),
            ("/w/tox.ini", Part::Runner, "1"),
        ]);
        let here = files(&[
            ("/w/test_a.py", Part::Test, "2"),
            ("/w/package.json", Part::Settings, "2"),
            ("/w/tox.ini", Part::Runner, "2"),
            ("/w/conftest.py", Part::Runner, "1"),
            ("/w/test_new.py", Part::Test, "1"),
            ("/w/tests/new.json", Part::Data, "1"),
        ]);
        let change = Change::between(Pristine::with(image.clone()), &here, "Mend tox.ini.");
        let told: Vec<String> = change.told().collect();
        assert_eq!(
            told,
            ["=/w/package.json", "=/w/test_a.py", "=/w/test_b.py", "-/w/conftest.py", "-/w/test_new.py"]
        );
        let sure: Vec<String> = change.sure().told().collect();
        assert_eq!(sure, ["=/w/test_a.py", "=/w/test_b.py", "-/w/conftest.py"]);
        assert!(Change::between(Pristine::with(image.clone()), &image, "").is_empty());
    }

    #[test]
    fn a_name_is_no_request() {
        assert!(asks_for("You may put a helper into ab_test.py.", "/w/ab_test.py"));
        for text in ["Do not change conftest.py.", "Mend it.", "See my_conftest.py."] {
            assert!(!asks_for(text, "/w/conftest.py"), "{text}");
        }
    }
}
