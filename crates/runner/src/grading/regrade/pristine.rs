//! The test and runner files of an image, read once.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use sandbox::guest::Guest;
use tempfile::TempPath;
use tokio::sync::OnceCell;
use wire::CollectRequest;

use super::files::{self, Files};
use crate::{
    container::{selection, site::Site, workspace},
    no_verdict::NoVerdict,
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
pub(crate) struct Known(Mutex<HashMap<String, Arc<OnceCell<Arc<Pristine>>>>>);

impl Known {
    /// Those of a task's image, read in a container of it where they are not known yet.
    ///
    /// # Errors
    /// If they cannot be read. That is not kept.
    pub(super) async fn of(&self, site: &Site<'_>) -> Result<Arc<Pristine>, NoVerdict> {
        let key = format!("{} {}", site.images.agent.id, workspace::graded(site).join(" "));
        let known = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(key).or_default().clone()
        };
        known.get_or_try_init(|| read(site)).await.cloned()
    }
}

async fn read(site: &Site<'_>) -> Result<Arc<Pristine>, NoVerdict> {
    let fresh = site.engine.start(site.start_spec(&site.images.agent, "image")).await?;
    let collected = collect(site, fresh.guest()).await;
    if let Err(error) = fresh.remove().await {
        tracing::warn!(trial = site.trial, %error, "the image's container was not removed");
    }
    let (all, roots, scratch) = (collected?, workspace::graded(site), site.scratch.to_owned());
    let chosen = tokio::task::spawn_blocking(move || {
        let files = files::of(&all, &roots)?;
        let archive = if files.is_empty() { None } else { select(&all, files.keys(), &scratch)? };
        // Where the image has nothing else, the whole archive is what was chosen.
        let archive = if files.is_empty() { None } else { Some(archive.unwrap_or(all)) };
        Ok::<_, std::io::Error>(Pristine { files, archive })
    });
    Ok(Arc::new(chosen.await.map_err(NoVerdict::bug)?.map_err(NoVerdict::host)?))
}

async fn collect(site: &Site<'_>, guest: &Guest) -> Result<TempPath, NoVerdict> {
    let archive = tempfile::Builder::new().suffix(".tar").tempfile_in(site.scratch);
    let archive = archive.map_err(NoVerdict::host)?.into_temp_path();
    let roots = workspace::graded(site).into_iter().map(Into::into).collect();
    guest.collect(CollectRequest { roots, exclude: Vec::new(), limits: workspace::LIMITS }, &archive).await?;
    Ok(archive)
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
