//! The engine: found, checked, and what is known about it.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bollard::Docker;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    disk,
    error::{EngineError, failed},
    owner::Owner,
    quirks::{self, Quirk, Seen},
    transport::{self, ApiVersion},
};

/// How the engine is reached and used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As in `DOCKER_HOST`; `None` is the usual socket.
    pub host: Option<String>,
    /// Directory for what the sandbox keeps between runs: the guest's binary and build logs.
    pub data: PathBuf,
    /// Containers that may be starting at the same time. Running ones are not limited here.
    pub starts: usize,
}

/// Four starts keep two cores busy; more only wait inside the engine, where they time out.
const STARTS: usize = 4;
/// Free space below which nothing is built or started.
const MIN_FREE: u64 = 1 << 30;

impl Settings {
    /// `DOCKER_HOST`, and `overhang` under `XDG_DATA_HOME` or `~/.local/share`.
    pub fn from_env() -> Self {
        Self {
            host: transport::host_from_env(),
            data: user_directory("XDG_DATA_HOME", ".local/share"),
            starts: STARTS,
        }
    }
}

/// Where this user's packs, probes and the like are kept: all of it can be made again.
pub fn cache_directory() -> PathBuf {
    user_directory("XDG_CACHE_HOME", ".cache")
}

/// Our directory under an XDG base directory.
pub(crate) fn user_directory(variable: &str, below_home: &str) -> PathBuf {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set(variable).or_else(|| set("HOME").map(|home| home.join(below_home)));
    base.unwrap_or_else(env::temp_dir).join("overhang")
}

/// A local Docker engine, connected and checked. Clones share one connection pool and one gate for starts.
#[derive(Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) owner: Owner,
    /// Locked by everybody who works with an engine, together; alone by who cleans up.
    in_use: Option<fs_err::File>,
    pub(crate) data: PathBuf,
    pub(crate) starts: Semaphore,
    /// Containers being created, and removed after their owner was dropped.
    pub(crate) under_way: TaskTracker,
    pub(crate) guest: OnceCell<PathBuf>,
    /// One lock per image under construction.
    pub(crate) builds: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    data_root: PathBuf,
    quirks: Vec<Quirk>,
    api: ApiVersion,
    socket: PathBuf,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({}, API {})", self.shared.socket.display(), self.shared.api)
    }
}

/// What an engine and its machine are: for `doctor` and the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The engine's version.
    pub version: String,
    /// The API version spoken.
    pub api: String,
    /// Storage driver.
    pub storage_driver: String,
    /// `1` or `2`.
    pub cgroup_version: String,
    /// Kernel release.
    pub kernel: String,
    /// Operating system of the machine.
    pub operating_system: String,
    /// `x86_64`, ….
    pub architecture: String,
    /// Processors.
    pub cpus: u64,
    /// Memory of the machine in bytes.
    pub memory_bytes: u64,
    /// Where images and containers are kept.
    pub data_root: PathBuf,
    /// Bytes free there; `None` if this process cannot look.
    pub free_bytes: Option<u64>,
}

impl Engine {
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
    /// As [`Engine::connect`].
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
            in_use: in_use(&settings.data),
            data: settings.data,
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

    /// What this engine is known to do differently, in words.
    pub fn quirks(&self) -> impl Iterator<Item = &'static str> {
        self.shared.quirks.iter().map(|quirk| quirk.means())
    }

    pub(crate) fn has_quirk(&self, quirk: Quirk) -> bool {
        self.shared.quirks.contains(&quirk)
    }

    /// The engine's socket and the API version spoken on it.
    pub(crate) fn address(&self) -> (&Path, ApiVersion) {
        (&self.shared.socket, self.shared.api)
    }

    /// What the engine says about itself and its machine.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn facts(&self) -> Result<Facts, EngineError> {
        let info = self.docker.info().await.map_err(failed("tell about itself"))?;
        let data_root = PathBuf::from(info.docker_root_dir.unwrap_or_default());
        let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
        Ok(Facts {
            version: info.server_version.unwrap_or_default(),
            api: self.shared.api.to_string(),
            storage_driver: info.driver.unwrap_or_default(),
            cgroup_version: info.cgroup_version.map(|version| version.to_string()).unwrap_or_default(),
            kernel: info.kernel_version.unwrap_or_default(),
            operating_system: info.operating_system.unwrap_or_default(),
            architecture: info.architecture.unwrap_or_default(),
            cpus: count(info.ncpu),
            memory_bytes: count(info.mem_total),
            free_bytes: disk::free_bytes(&data_root).ok(),
            data_root,
        })
    }

    /// Whether the engine can do its work again: it answers, and there is room on its disk.
    ///
    /// # Errors
    /// If it does not answer, or its disk is nearly full.
    pub async fn check(&self) -> Result<(), EngineError> {
        self.docker.ping().await.map_err(failed("answer"))?;
        self.check_disk("a container")
    }

    /// Refuses work while the disk of images and containers is nearly full: what is under way needs the rest.
    pub(crate) fn check_disk(&self, what: &str) -> Result<(), EngineError> {
        match disk::free_bytes(&self.shared.data_root) {
            Ok(free) if free < MIN_FREE => Err(EngineError::HostDisk {
                what: what.to_owned(),
                reason: format!("{} MiB are free in {}", free >> 20, self.shared.data_root.display()),
            }),
            _ => Ok(()),
        }
    }

    /// Whether no other program of this user works with an engine. From then on none begins to.
    pub(crate) fn is_alone(&self) -> bool {
        let lock = |file: &fs_err::File| flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        self.shared.in_use.as_ref().is_some_and(lock)
    }

    /// Who this process is, as its containers' labels have it.
    pub fn owner(&self) -> &Owner {
        &self.shared.owner
    }
}

/// Says that an engine is worked with, for as long as the file is open; waits for who cleans up. Where it cannot be
/// said, nobody can clean up either.
fn in_use(data: &Path) -> Option<fs_err::File> {
    fs_err::create_dir_all(data).ok()?;
    let file = fs_err::File::create(data.join("in-use")).ok()?;
    flock(&file, FlockOperation::LockShared).ok()?;
    Some(file)
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
        let error = Engine::connect_with(settings).await.unwrap_err().to_string();
        assert!(error.contains(&host) && error.contains("scripts/setup"), "{error}");
    }
}
