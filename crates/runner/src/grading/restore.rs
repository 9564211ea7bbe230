//! Puts back, in a container where an agent has worked, what tests rely on: from a fresh container of the same image.

use std::collections::{BTreeSet, HashSet};

use sandbox::{Sandbox, guest::Guest};
use wire::{CollectRequest, EntryKind, FileLimits, PutMode};

use crate::{
    container::{
        site::Site,
        workspace::{self, put, take_away},
    },
    grading::hardening::Suspects,
    no_verdict::{Met, NoVerdict},
};

/// A link is one entry; a folder is more, or is empty.
const ONE: FileLimits = FileLimits { entries: 1, bytes: 0, file_bytes: 0 };

/// Puts back what is suspected, by the guest alone. Returns what was done: `=` before what the image has, `-` before
/// what it has not.
///
/// # Errors
/// If the engine gives no fresh container, or the agent's refuses.
pub(crate) async fn restore(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    suspects: &Suspects,
) -> Result<Vec<String>, NoVerdict> {
    let fresh = site.engine.start(site.start_spec(&site.images.agent, "image")).await?;
    let done = from_image(site, fresh.guest(), sandbox.guest(), suspects).await;
    if let Err(error) = fresh.remove().await {
        tracing::warn!(trial = site.trial, %error, "the image's container was not removed");
    }
    done
}

/// Which of these paths a fresh container of the agent's image has not.
///
/// # Errors
/// If the engine gives none.
pub(super) async fn missing(site: &Site<'_>, paths: &[String]) -> Result<HashSet<String>, NoVerdict> {
    Ok(of_image(site, paths).await?.missing)
}

/// What a fresh container of the agent's image has at these paths.
///
/// # Errors
/// If the engine gives none, or it cannot be copied.
pub(super) async fn of_image(site: &Site<'_>, paths: &[String]) -> Result<Copied, NoVerdict> {
    let fresh = site.engine.start(site.start_spec(&site.images.agent, "image")).await?;
    let there = copy(site, fresh.guest(), paths, workspace::LIMITS).await;
    if let Err(error) = fresh.remove().await {
        tracing::warn!(trial = site.trial, %error, "the image's container was not removed");
    }
    there
}

async fn from_image(
    site: &Site<'_>,
    image: &Guest,
    guest: &Guest,
    suspects: &Suspects,
) -> Result<Vec<String>, NoVerdict> {
    let mut done = BTreeSet::new();
    // First: what lies below a link is elsewhere.
    for link in &suspects.links {
        let Some((target, there)) = link_of(site, image, link).await? else { continue };
        let here = link_of(site, guest, link).await?;
        if here.is_none_or(|(here, _)| here != target) {
            guest.put_tar(put("/", PutMode::Merge), &there.archive).await?;
            done.insert(format!("={link}"));
        }
    }
    let there = copy(site, image, &suspects.restore, workspace::LIMITS).await?;
    guest.put_tar(put("/", PutMode::Merge), &there.archive).await?;
    let had = |path: &&String| !there.missing.contains(*path);
    done.extend(suspects.restore.iter().filter(had).map(|path| format!("={path}")));
    let there = copy(site, image, suspects.shadows.values().flatten(), workspace::LIMITS).await?;
    let has_one = |all: &Vec<String>| all.iter().any(|one| !there.missing.contains(one));
    let shadows = suspects.shadows.iter().filter(|(_, originals)| has_one(originals));
    let remove: Vec<&String> = suspects.remove.iter().chain(shadows.map(|(path, _)| path)).collect();
    take_away(guest, &remove).await?;
    done.extend(remove.into_iter().map(|path| format!("-{path}")));
    Ok(done.into_iter().collect())
}

/// What was copied out of a container; the archive is removed with this value.
pub(super) struct Copied {
    pub(super) archive: tempfile::TempPath,
    /// Paths that were asked for and are not there.
    missing: HashSet<String>,
}

async fn copy(
    site: &Site<'_>,
    guest: &Guest,
    paths: impl IntoIterator<Item = &String>,
    limits: FileLimits,
) -> Result<Copied, NoVerdict> {
    let archive =
        tempfile::Builder::new().tempfile_in(site.scratch).map_err(NoVerdict::host)?.into_temp_path();
    let roots = paths.into_iter().map(|path| path.clone().into_bytes()).collect();
    let request = CollectRequest { roots, exclude: Vec::new(), limits };
    let collection = guest.collect(request, &archive).await?;
    let missing = collection.left_out.into_iter().filter(|left| left.kind == EntryKind::Missing);
    let missing = missing.map(|left| String::from_utf8_lossy(&left.path).into_owned()).collect();
    Ok(Copied { archive, missing })
}

/// Where a link leads, and the link; `None` for what is no link.
async fn link_of(
    site: &Site<'_>,
    guest: &Guest,
    path: &String,
) -> Result<Option<(Vec<u8>, Copied)>, NoVerdict> {
    let copied = match copy(site, guest, [path], ONE).await {
        Ok(copied) => copied,
        // A folder.
        Err(why) if why.met == Met::Refused => return Ok(None),
        Err(why) => return Err(why),
    };
    let target = || -> std::io::Result<Option<Vec<u8>>> {
        let mut archive = tar::Archive::new(fs_err::File::open(&copied.archive)?);
        let Some(entry) = archive.entries()?.next().transpose()? else { return Ok(None) };
        let is_link = entry.header().entry_type().is_symlink();
        Ok(entry.link_name_bytes().filter(|_| is_link).map(|target| target.into_owned()))
    };
    let target = target().map_err(NoVerdict::host)?;
    Ok(target.map(|target| (target, copied)))
}
