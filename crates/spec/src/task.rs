//! A task in Harbor's format: `task.toml`, `instruction.md`, `environment/`, `tests/`, `solution/`.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

/// A task, read and resolved: legacy keys folded in, environment values filled from the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `FAMILY/NAME`, from the directory or `[task].name`.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifierMode {
    /// In the agent's container, after every process was killed.
    Shared,
    /// In a fresh container with the agent's changes applied.
    Separate,
}
