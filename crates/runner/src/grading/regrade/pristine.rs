//! The test and runner files of an image, read once.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use tempfile::TempPath;

use super::files::{self, Files};
use crate::{
    container::{selection, site::Site, workspace},
    grading::restore::of_image,
    no_verdict::NoVerdict,
    solutions::ByTask,
};

/// The test and runner files that an image has where work is graded.
#[derive(Debug)]
pub(super) struct Pristine {
    pub(super) files: Files,
    /// An archive of them; `None` where there are none.
    pub(super) archive: Option<TempPath>,
}

impl Pristine {
    #[cfg(test)]
    pub(super) fn with(files: Files) -> Arc<Self> {
        Arc::new(Self { files, archive: None })
    }
}

/// Those of the images that were asked for, by image and place.
#[derive(Default)]
pub(crate) struct Known(ByTask<Arc<Pristine>>);

impl Known {
    /// Those of a task's image, read in a container of it where they are not known yet.
    ///
    /// # Errors
    /// If they cannot be read. That is not kept.
    pub(super) async fn of(&self, site: &Site<'_>) -> Result<Arc<Pristine>, NoVerdict> {
        let key = format!("{} {}", site.images.agent.id, workspace::graded(site).join(" "));
        self.0.of(&key, read(site)).await
    }
}

async fn read(site: &Site<'_>) -> Result<Arc<Pristine>, NoVerdict> {
    let (roots, scratch) = (workspace::graded(site), site.scratch.to_owned());
    let all = of_image(site, &roots).await?.archive;
    let chosen = tokio::task::spawn_blocking(move || {
        let files = files::of(&all, &roots)?;
        let archive = if files.is_empty() { None } else { select(&all, files.keys(), &scratch)? };
        // Where the image has nothing else, the whole archive is what was chosen.
        let archive = if files.is_empty() { None } else { Some(archive.unwrap_or(all)) };
        Ok::<_, std::io::Error>(Pristine { files, archive })
    });
    Ok(Arc::new(chosen.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)?))
}

/// An archive of these paths of another; `None` where those are all.
pub(super) fn select<'a>(
    archive: &std::path::Path,
    paths: impl Iterator<Item = &'a String>,
    scratch: &std::path::Path,
) -> std::io::Result<Option<TempPath>> {
    let paths: BTreeSet<PathBuf> = paths.map(|path| PathBuf::from(path.trim_start_matches('/'))).collect();
    selection::of(archive, |name| paths.contains(name), scratch)
}
