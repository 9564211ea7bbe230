//! The packs of a sweep's harnesses: found, or built where they are not.

use std::{collections::BTreeMap, path::Path};

use sandbox::{
    Engine,
    pack::{self, Pack, PackError, Recipe},
};
use spec::{Harness, Project, Resolved};

use crate::{failure::Failure, signals::interrupted};

/// What the pack of a harness is made from, whose files are in `folder`.
pub(crate) fn recipe(harness: &Harness, folder: &Path) -> Recipe {
    Recipe {
        name: harness.name.clone(),
        version: harness.version.clone(),
        build: harness.pack.build.clone(),
        complete: harness.pack.complete.clone(),
        smoke: harness.pack.smoke.clone(),
        folder: folder.to_owned(),
        unused: harness.run.files.values().cloned().collect(),
    }
}

/// The pack of a harness as its folder is now, if it was built.
pub(crate) fn find(harness: &Harness, folder: &Path) -> Result<Option<Pack>, PackError> {
    pack::find(&recipe(harness, folder), &pack::default_store())
}

/// Packs that are built already, by harness name.
pub(crate) fn built(project: &Project, resolved: &Resolved) -> Result<BTreeMap<String, Pack>, Failure> {
    let mut packs = BTreeMap::new();
    for harness in &resolved.harnesses {
        if let Some(pack) = find(harness, &project.harness_dir(&harness.name)).map_err(Failure::other)? {
            packs.insert(harness.name.clone(), pack);
        }
    }
    Ok(packs)
}

/// The pack of every harness, built where it is not. On Ctrl-C no container is left when this returns.
pub(crate) async fn all(
    engine: &dyn Engine,
    project: &Project,
    resolved: &Resolved,
) -> Result<BTreeMap<String, Pack>, Failure> {
    let mut packs = BTreeMap::new();
    for harness in &resolved.harnesses {
        let built = tokio::select! {
            built = build(engine, project, harness) => built?,
            () = interrupted() => {
                engine.settled().await;
                return Err(Failure::Interrupted);
            }
        };
        packs.insert(harness.name.clone(), built);
    }
    Ok(packs)
}

/// Builds one pack, or finds it built.
pub(crate) async fn build(
    engine: &dyn Engine,
    project: &Project,
    harness: &Harness,
) -> Result<Pack, Failure> {
    let folder = project.harness_dir(&harness.name);
    refuse_unfilled(&folder)?;
    let say = |line: &str| errln!("{}: {line}", harness.name);
    let pack = pack::build(engine, &recipe(harness, &folder), &pack::default_store(), &say).await;
    let pack = pack.map_err(Failure::other)?;
    errln!("{} {}: pack of {}", harness.name, pack.manifest.version, described(&pack));
    Ok(pack)
}

/// Refuses a folder that `harness new` made and nobody has finished.
pub(crate) fn refuse_unfilled(folder: &Path) -> Result<(), Failure> {
    let file = folder.join("harness.toml");
    let text = fs_err::read_to_string(&file).map_err(Failure::other)?;
    match text.lines().zip(1..).find(|(line, _)| line.contains("FILL IN")) {
        None => Ok(()),
        Some((line, number)) => {
            Err(Failure::Input(format!("{}:{number} still says FILL IN: {}", file.display(), line.trim())))
        }
    }
}

/// A pack's size and digest.
pub(crate) fn described(pack: &Pack) -> String {
    format!("{} MB, {}", pack.manifest.bytes / 1_000_000, short(&pack.manifest.digest))
}

/// As much of a digest as a person compares.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
