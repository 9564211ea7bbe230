//! What this machine keeps for us and no longer needs: found by label and age, and removed.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use fs_err as fs;

use crate::{
    data::cache_directory,
    engine::Engine,
    error::EngineError,
    owner::Life,
    pack::{Manifest, default_store},
};

/// Something that can go: all of it can be made again.
#[derive(Clone, Debug)]
pub struct Leftover {
    /// Its kind.
    pub kind: LeftoverKind,
    /// Its name.
    pub name: String,
    /// Its size; of an image with all layers, shared ones included; `None` where nobody knows.
    pub bytes: Option<u64>,
    /// How long ago it was made; `None` of containers and networks, which go because their owner is dead.
    pub age: Option<Duration>,
    place: Place,
}

/// What a leftover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftoverKind {
    /// A container whose owner is dead.
    Container,
    /// A trial's own network whose owner is dead.
    Network,
    /// An image built for a task.
    Image,
    /// A pack, or what a builder that died left of one.
    Pack,
    /// What a probe saw, kept for the next run.
    Probe,
    /// The log of an image's build.
    BuildLog,
    /// What was in a bundle of a run.
    Bundle,
}

#[derive(Clone, Debug)]
enum Place {
    Container(String),
    Network(String),
    Image(String),
    Path(PathBuf),
}

/// What can go, and what cannot yet.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// What can go.
    pub found: Vec<Leftover>,
    /// What was not even looked at, and why.
    pub kept: Vec<String>,
}

impl fmt::Display for LeftoverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Image => "image",
            Self::Pack => "pack",
            Self::Probe => "probe",
            Self::BuildLog => "build log",
            Self::Bundle => "unpacked bundle",
        })
    }
}

/// Finds containers and networks of dead owners, and images, packs, probes, build logs and unpacked bundles made longer
/// ago than `older`. Packs in `needed` are kept. Where another program of ours is at work, what it may use is not looked at; nothing else of ours
/// begins while this engine lives.
///
/// # Errors
/// If the engine does not answer, or a directory cannot be read.
pub async fn leftovers(
    engine: &dyn Engine,
    older: Duration,
    needed: &[PathBuf],
) -> Result<Leftovers, EngineError> {
    let mut all = Leftovers::default();
    let mut living = 0;
    for listed in engine.list(None).await? {
        if listed.life != Life::Dead {
            living += 1;
            continue;
        }
        all.found.push(Leftover {
            kind: LeftoverKind::Container,
            name: listed.name,
            bytes: None,
            age: None,
            place: Place::Container(listed.id),
        });
    }
    // After the containers, in the order in which they can go.
    for listed in engine.networks(None).await?.into_iter().filter(|listed| listed.life == Life::Dead) {
        all.found.push(Leftover {
            kind: LeftoverKind::Network,
            name: listed.name,
            bytes: None,
            age: None,
            place: Place::Network(listed.id),
        });
    }
    if !engine.data().claim_alone() {
        all.kept.push("images, packs, probes and build logs: another overhang is at work".into());
        return Ok(all);
    }
    if living > 0 {
        all.kept.push(format!("images: {living} containers have a living owner, or one unseen from here"));
    } else {
        all.found.extend(old_images(engine, older).await?);
    }
    all.found.extend(old_packs(&default_store(), older, needed)?);
    all.found.extend(old_files(LeftoverKind::Probe, &cache_directory().join("probes"), older)?);
    all.found.extend(old_files(LeftoverKind::BuildLog, &engine.data().builds(), older)?);
    all.found.extend(old_bundles(&bundle_store(), older)?);
    Ok(all)
}

/// Removes a leftover; one that is gone is no error.
///
/// # Errors
/// If it is in use after all, or cannot be removed.
pub async fn discard(engine: &dyn Engine, leftover: &Leftover) -> Result<(), EngineError> {
    match &leftover.place {
        Place::Container(id) => engine.remove(id).await,
        Place::Network(id) => engine.remove_network(id).await,
        Place::Image(tag) => engine.remove_image(tag).await,
        Place::Path(path) => {
            let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            match gone {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            }
        }
    }
}

async fn old_images(engine: &dyn Engine, older: Duration) -> Result<Vec<Leftover>, EngineError> {
    let made = |created: i64| {
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(created).unwrap_or_default())
    };
    let old = engine.built_images().await?.into_iter().filter_map(|image| {
        let age = age(made(image.created)).filter(|age| *age >= older)?;
        Some(Leftover {
            kind: LeftoverKind::Image,
            name: image.tag.clone(),
            bytes: Some(image.bytes),
            age: Some(age),
            place: Place::Image(image.tag),
        })
    });
    Ok(old.collect())
}

/// How long ago that was; `None` when it lies ahead.
fn age(made: SystemTime) -> Option<Duration> {
    SystemTime::now().duration_since(made).ok()
}

/// Entries of a directory; of one that is not there, none.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn old_files(kind: LeftoverKind, directory: &Path, older: Duration) -> io::Result<Vec<Leftover>> {
    let mut old = Vec::new();
    for path in entries(directory)? {
        let metadata = fs::symlink_metadata(&path)?;
        let age = age(metadata.modified()?).filter(|age| *age >= older && metadata.is_file());
        if age.is_some() {
            let bytes = Some(metadata.len());
            old.push(Leftover { kind, name: name(&path), bytes, age, place: Place::Path(path) });
        }
    }
    Ok(old)
}

/// Where runs are that were unpacked from bundles, each in a folder of its own.
pub fn bundle_store() -> PathBuf {
    cache_directory().join("bundles")
}

fn old_bundles(store: &Path, older: Duration) -> io::Result<Vec<Leftover>> {
    let mut old = Vec::new();
    for path in entries(store)? {
        let age = age(fs::symlink_metadata(&path)?.modified()?).filter(|age| *age >= older);
        if age.is_some() {
            let kind = LeftoverKind::Bundle;
            old.push(Leftover { kind, name: name(&path), bytes: None, age, place: Place::Path(path) });
        }
    }
    Ok(old)
}

fn old_packs(store: &Path, older: Duration, needed: &[PathBuf]) -> io::Result<Vec<Leftover>> {
    let mut old = Vec::new();
    for path in entries(store)?.into_iter().filter(|path| path.is_dir() && !needed.contains(path)) {
        let record = path.join("pack.json");
        // Without its record it is no pack: its builder died.
        let (age, bytes) = match fs::read(&record) {
            Ok(text) => {
                let manifest = serde_json::from_slice::<Manifest>(&text).ok();
                (age(fs::metadata(&record)?.modified()?), manifest.map(|manifest| manifest.bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (age(fs::metadata(&path)?.modified()?), None)
            }
            Err(error) => return Err(error),
        };
        if age.is_some_and(|age| age >= older) {
            let name = name(&path);
            old.push(Leftover { kind: LeftoverKind::Pack, name, bytes, age, place: Place::Path(path) });
        }
    }
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_packs_go_and_new_or_needed_ones_stay() {
        let store = tempfile::tempdir().unwrap();
        let day = Duration::from_secs(86_400);
        for (name, days) in [("old-1", 20), ("new-1", 1), ("needed-1", 20)] {
            fs::create_dir_all(store.path().join(name)).unwrap();
            let file = fs::File::create(store.path().join(name).join("pack.json")).unwrap();
            file.file().set_modified(SystemTime::now() - day * days).unwrap();
        }
        let needed = [store.path().join("needed-1")];
        let names = |older: Duration| -> Vec<String> {
            old_packs(store.path(), older, &needed).unwrap().into_iter().map(|pack| pack.name).collect()
        };
        assert_eq!(names(day * 14), ["old-1"]);
        assert_eq!(names(day * 30), [""; 0]);
        assert_eq!(old_packs(&store.path().join("none"), day, &[]).unwrap().len(), 0);
    }
}
