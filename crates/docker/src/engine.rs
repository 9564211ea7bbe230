//! The engine: found, checked, and what is known about it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bollard::Docker;
use sandbox::{DataDir, EngineError, Owner, disk};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    error::{MAKE_ROOM, failed},
    quirks::{self, Quirk, Seen},
    transport::{self, ApiVersion},
};

/// How the engine is reached and used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As in `DOCKER_HOST`; `None` is the usual socket.
    pub host: Option<String>,
    /// Directory for what is kept between runs.
    pub data: PathBuf,
    /// Containers that may be starting at the same time. Running ones are not limited here.
    pub starts: usize,
}

/// Four starts keep two cores busy; more only wait inside the engine, where they time out.
const STARTS: usize = 4;
/// Free space below which nothing is built or started.
const MIN_FREE: u64 = 1 << 30;

impl Settings {
    /// `DOCKER_HOST`, and the [usual](DataDir::usual) directory.
    pub fn from_env() -> Self {
        Self { host: transport::host_from_env(), data: DataDir::usual(), starts: STARTS }
    }
}

/// A local Docker engine, connected and checked. Clones share one connection pool and one gate for starts.
#[derive(Clone)]
pub struct DockerEngine {
    pub(crate) docker: Docker,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) owner: Owner,
    pub(crate) data: DataDir,
    pub(crate) starts: Semaphore,
    /// Containers being created, and removed after their owner was dropped.
    pub(crate) under_way: TaskTracker,
    pub(crate) guest: OnceCell<PathBuf>,
    /// One lock per image under construction.
    pub(crate) builds: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    data_root: PathBuf,
    pub(crate) quirks: Vec<Quirk>,
    pub(crate) api: ApiVersion,
    socket: PathBuf,
}

impl std::fmt::Debug for DockerEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DockerEngine({}, API {})", self.shared.socket.display(), self.shared.api)
    }
}

impl DockerEngine {
    /// Connects with the settings of the environment.
    ///
    /// # Errors
    /// [`EngineError::Unreachable`] or [`EngineError::Refused`], each with the fix.
    pub async fn connect() -> Result<Self, EngineError> {
        Self::connect_with(Settings::from_env()).await
    }

    /// Connects, agrees on an API version and refuses engines that would measure wrongly.
    ///
    /// # Errors
    /// As [`DockerEngine::connect`].
    pub async fn connect_with(settings: Settings) -> Result<Self, EngineError> {
        let socket = transport::socket(settings.host.as_deref())?;
        let client = |version| transport::client(socket.clone(), version).map_err(failed("open a client"));
        let version = client(None)?.version().await.map_err(|error| no_answer(&socket, &error))?;
        let parse = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let newest = parse(&version.api_version).ok_or_else(|| EngineError::Refused {
            reason: "it does not tell its API version".into(),
            fix: "use a Docker engine from 20.10 on",
        })?;
        let api = transport::choose_version(parse(&version.min_api_version).unwrap_or(newest), newest)?;
        let docker = client(Some(api))?;
        let info = docker.info().await.map_err(failed("tell about itself"))?;
        let quirks = quirks::of(&Seen { version: &version, info: &info })?;
        let shared = Shared {
            owner: Owner::this()?,
            data: DataDir::open(settings.data),
            starts: Semaphore::new(settings.starts.max(1)),
            under_way: TaskTracker::new(),
            guest: OnceCell::new(),
            builds: Mutex::default(),
            data_root: info.docker_root_dir.unwrap_or_default().into(),
            quirks,
            api,
            socket,
        };
        Ok(Self { docker, shared: Arc::new(shared) })
    }

    pub(crate) fn has_quirk(&self, quirk: Quirk) -> bool {
        self.shared.quirks.contains(&quirk)
    }

    /// The engine's socket and the API version spoken on it.
    pub(crate) fn address(&self) -> (&Path, ApiVersion) {
        (&self.shared.socket, self.shared.api)
    }

    /// Refuses work while the disk of images and containers is nearly full: what is under way needs the rest.
    pub(crate) fn check_disk(&self, what: &str) -> Result<(), EngineError> {
        match disk::free_bytes(&self.shared.data_root) {
            Ok(free) if free < MIN_FREE => Err(EngineError::HostDisk {
                what: what.to_owned(),
                reason: format!("{} MiB are free in {}", free >> 20, self.shared.data_root.display()),
                fix: MAKE_ROOM,
            }),
            _ => Ok(()),
        }
    }
}

fn no_answer(socket: &Path, error: &bollard::errors::Error) -> EngineError {
    // What stands between is our HTTP client's own.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let reason = cause.to_string();
    let fix = if reason.contains("Permission denied") {
        "add yourself to the group `docker` and log in again"
    } else {
        "start it with `sudo systemctl start docker` (or run scripts/setup), or set DOCKER_HOST to its socket"
    };
    EngineError::Unreachable { host: format!("unix://{}", socket.display()), reason, fix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_engine_is_told_with_the_fix() {
        let directory = tempfile::tempdir().unwrap();
        let host = format!("unix://{}/none.sock", directory.path().display());
        let settings = Settings { host: Some(host.clone()), data: directory.path().into(), starts: 1 };
        let error = DockerEngine::connect_with(settings).await.unwrap_err().to_string();
        assert!(error.contains(&host) && error.contains("scripts/setup"), "{error}");
    }
}
