//! A task in Harbor's format: `task.toml`, `instruction.md`, `environment/`, `tests/`, `solution/`.

mod digest;
mod file;
mod read;
pub(crate) mod text;

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use file::TaskFile;
pub use read::{HostEnv, load};
pub(crate) use read::{NetworkSaid, load_with_network};

/// A task, read and resolved: legacy keys folded in, environment values filled from the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `FAMILY/NAME`, where the name is the directory's.
    pub id: String,
    /// The family it belongs to: `[metadata].family`, else the parent directory's name.
    pub family: String,
    /// Its directory.
    pub path: PathBuf,
    /// What the agent is told, without leading canary comments.
    pub instruction: String,
    /// SHA-256 of every file of the task, over a manifest sorted by path.
    pub digest: String,
    /// The container agents work in.
    pub environment: Environment,
    /// How it is graded.
    pub verifier: Verifier,
    /// Seconds the agent may take; `None` leaves it to the sweep.
    pub agent_timeout_sec: Option<f64>,
    /// The agent's user (name or uid); `None` is the image's.
    pub agent_user: Option<String>,
    /// Paths collected beside the working directory.
    pub artifacts: Vec<String>,
    /// Environment for `solution/solve.sh`.
    pub solution_env: BTreeMap<String, String>,
    /// Free metadata, as written.
    pub metadata: BTreeMap<String, serde_json::Value>,
}

impl Task {
    pub(crate) const KEEP_PROCESSES: &'static str = "keep_processes";
    pub(crate) const GIT_HISTORY: &'static str = "git_history";

    /// `[metadata].keep_processes`: the task's subject is a running service, so that only the harness's own
    /// processes are killed before grading, and the record is flagged. `false` when absent.
    pub fn keep_processes(&self) -> bool {
        self.flag(Self::KEEP_PROCESSES)
    }

    /// `[metadata].git_history`: the repository's history belongs to the task, and is shown to the agent. `false`
    /// when absent.
    pub fn git_history(&self) -> bool {
        self.flag(Self::GIT_HISTORY)
    }

    /// The script of the reference solution, when the task has one.
    pub fn solution(&self) -> Option<PathBuf> {
        Some(self.path.join("solution/solve.sh")).filter(|script| script.is_file())
    }

    fn flag(&self, key: &str) -> bool {
        self.metadata.get(key).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

/// The container agents work in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// A ready image, or a build context.
    pub image: ImageSource,
    /// CPUs; `None` leaves it to the sweep.
    pub cpus: Option<f64>,
    /// Memory in MiB; `None` leaves it to the sweep.
    pub memory_mb: Option<u64>,
    /// Disk in MiB; `None` leaves it to the sweep.
    pub storage_mb: Option<u64>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Working directory; `None` is the image's.
    pub workdir: Option<String>,
    /// Whether the task says it needs the network.
    pub network: bool,
    /// Seconds an image build may take.
    pub build_timeout_sec: f64,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageSource {
    /// Built from the Dockerfile in this directory.
    Build(PathBuf),
    /// Named.
    Named(String),
}

/// How a task is graded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verifier {
    /// Where tests run.
    pub mode: VerifierMode,
    /// Seconds they may take.
    pub timeout_sec: f64,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The user they run as; `None` is root.
    pub user: Option<String>,
    /// The verifier's own image, when `tests/` brings one.
    pub image: Option<ImageSource>,
}

/// Where tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerifierMode {
    /// In the agent's container, after every process was killed.
    Shared,
    /// In a fresh container with the agent's changes applied.
    Separate,
}
