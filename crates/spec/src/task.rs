//! A task in Harbor's format: `task.toml`, `instruction.md`, `environment/`, `tests/`, `solution/`.

mod artifacts;
mod compose;
mod digest;
mod env;
mod file;
mod given;
mod impossible;
mod mcp;
mod network;
mod read;
mod reader;
mod refuse;
mod service;
pub(crate) mod text;
mod verifier;

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Attack, ImageSource, Limits};

use crate::host::Asked;

pub(crate) use file::TaskFile;
pub use impossible::{Impossible, NoKind};
pub use mcp::{McpServer, Transport};
pub(crate) use network::NetworkSaid;
pub use network::Reach;
pub(crate) use read::load_with_network;
pub use read::{is_family, load};
pub use service::{Health, Need, Restart, Service, Until};

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
    /// Folders put into `/tests` for the grading, the later over the earlier.
    pub tests: Vec<PathBuf>,
    /// Seconds the agent may take; `None` leaves it to the sweep.
    pub agent_timeout_sec: Option<f64>,
    /// The agent's user (name or uid); `None` is the image's.
    pub agent_user: Option<String>,
    /// Paths collected beside the working directory.
    pub artifacts: Vec<String>,
    /// Paths collected from services beside the agent's container, for tests that run apart.
    pub evidence: Vec<Evidence>,
    /// The folder of its reference solution, whether there is one or not. A step without one of its own has the task's.
    pub solution: PathBuf,
    /// Environment for `solution/solve.sh`.
    pub solution_env: BTreeMap<String, String>,
    /// Free metadata, as written.
    pub metadata: BTreeMap<String, serde_json::Value>,
    /// Steps in one container, in order; empty for a task of one. Each is a task with the step's directory,
    /// instruction and tests, and the whole task's environment.
    pub steps: Vec<Task>,
    /// How the rewards of steps are put together.
    pub step_reward: StepReward,
    /// Of a step: put into the working directory before it begins; a `setup.sh` in it is then run.
    pub upload: Option<PathBuf>,
    /// Of a step: when the container is ready for it.
    pub healthcheck: Option<Healthcheck>,
    /// Of a step: the least rewards, by name, with which the next step is begun.
    pub min_reward: BTreeMap<String, f64>,
    /// Whether a reward above 1 counts as 1: decided when it was imported.
    pub cap_rewards: bool,
    /// What an import decided of it that its file does not say, as a plan holds it; empty for none.
    pub decided: String,
    /// Why the task is void for every model and arm: found when it was imported.
    pub void: Option<String>,
    /// Keys of its file that are not known here, and so change nothing.
    pub unknown: Vec<String>,
    /// The variables of this machine that its environments ask for, those of its steps among them.
    pub asks: Vec<Asked>,
}

impl Task {
    pub(crate) const KEEP_PROCESSES: &'static str = "keep_processes";
    pub(crate) const GIT_HISTORY: &'static str = "git_history";
    pub(crate) const WRITABLE: &'static str = "writable";
    pub(crate) const SET_UID: &'static str = "set_uid";
    pub(crate) const FALLS_TO: &'static str = "falls_to";

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

    /// `[metadata].set_uid`: the agent's user needs programs that run as their owner, as `sudo`. They work in all of the
    /// task's containers then, and the record is flagged. `false` when absent.
    pub fn set_uid(&self) -> bool {
        self.flag(Self::SET_UID)
    }

    /// `[metadata].difficulty`: its author's word for it. `None` when absent, or no text.
    pub fn difficulty(&self) -> Option<&str> {
        self.metadata.get("difficulty")?.as_str()
    }

    /// `[metadata].writable`: the root file system of the agent's container can be written only below these
    /// directories, the working directory, `/tmp`, `/logs` and `/tests`. `None` when absent: everywhere.
    pub fn writable(&self) -> Option<Vec<String>> {
        let paths = self.metadata.get(Self::WRITABLE)?.as_array()?;
        Some(paths.iter().filter_map(|path| Some(path.as_str()?.to_owned())).collect())
    }

    /// `[metadata].falls_to`: attacks that are known to pass the task without its work, each with the reason why it stays
    /// so. Empty when absent.
    pub fn falls_to(&self) -> BTreeMap<Attack, String> {
        let marks = self.metadata.get(Self::FALLS_TO).and_then(serde_json::Value::as_object);
        let mark = |(name, why): (&String, &serde_json::Value)| {
            Some((name.parse().ok()?, why.as_str()?.trim().to_owned()))
        };
        marks.into_iter().flatten().filter_map(mark).collect()
    }

    /// The steps, or the task itself as its only one.
    pub fn parts(&self) -> &[Task] {
        if self.steps.is_empty() { std::slice::from_ref(self) } else { &self.steps }
    }

    /// Whether every step has the script of a reference solution, `solve.sh`.
    pub fn has_solution(&self) -> bool {
        self.parts().iter().all(|part| part.solution.join("solve.sh").is_file())
    }

    /// The folders of the wrong solutions, `wrong/NAME`, sorted.
    pub fn wrong(&self) -> Vec<PathBuf> {
        let folder = self.path.join("wrong");
        let names = crate::nearest::names_in(&folder).into_iter();
        names.map(|name| folder.join(name)).filter(|path| path.join("solve.sh").is_file()).collect()
    }

    /// What bounds its trials: a sweep's limits, but for what the task's own file says.
    pub fn limits(&self, sweep: &Limits) -> Limits {
        let environment = &self.environment;
        Limits {
            cpus: environment.cpus.unwrap_or(sweep.cpus),
            memory_mb: environment.memory_mb.unwrap_or(sweep.memory_mb),
            disk_mb: environment.storage_mb.unwrap_or(sweep.disk_mb),
            ..sweep.clone()
        }
    }

    /// What its services may use of memory together, in MiB, under a sweep's limits.
    pub fn services_memory_mb(&self, sweep: &Limits) -> u64 {
        let limits = self.limits(sweep);
        self.environment.services.iter().map(|service| service.memory_mb(&limits)).sum()
    }

    /// Whether its tests find its services, as they are or new ones: beside the agent, and in a container of the agent's
    /// image.
    pub fn tests_have_services(&self) -> bool {
        !self.environment.services.is_empty() && self.verifier.image.is_none()
    }

    /// `[metadata].split`: what the task may be used for.
    pub fn split(&self) -> Option<Split> {
        match self.metadata.get("split")?.as_str()? {
            "dev" => Some(Split::Dev),
            "test" => Some(Split::Test),
            _ => None,
        }
    }

    fn flag(&self, key: &str) -> bool {
        self.metadata.get(key).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

/// What a task may be used for; the same for all of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Prompts may be tuned on it.
    Dev,
    /// Results are stated on it.
    Test,
}

/// How the rewards of several steps are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepReward {
    /// For each name, the mean over the steps that were graded; a step that lacks the name counts as 0.
    #[default]
    Mean,
    /// Those of the last step.
    Final,
}

/// When a container is ready: a command that must succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Healthcheck {
    /// The command, for `bash -c`, run as root.
    pub command: String,
    /// Seconds between two tries.
    #[serde(default = "five")]
    #[schemars(range(min = 0))]
    pub interval_sec: f64,
    /// Seconds a try may take.
    #[serde(default = "thirty")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub timeout_sec: f64,
    /// Seconds from the start in which failures do not count.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub start_period_sec: f64,
    /// Seconds between two tries of that time.
    #[serde(default = "five")]
    #[schemars(range(min = 0))]
    pub start_interval_sec: f64,
    /// Failures in a row after which it is given up.
    #[serde(default = "three")]
    #[schemars(range(min = 1))]
    pub retries: u32,
}

fn five() -> f64 {
    5.0
}
fn thirty() -> f64 {
    30.0
}
fn three() -> u32 {
    3
}

/// A command run in the agent's container when the agent has ended, before its work is collected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectHook {
    /// The command, for `bash -c`.
    pub command: String,
    /// Seconds it may take.
    pub timeout_sec: f64,
    /// Who runs it; `None` is the image's user.
    pub user: Option<String>,
    /// The service beside the agent's container in which it runs; `None` is the agent's.
    pub service: Option<String>,
}

/// A path collected from a service beside the agent's container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The service.
    pub service: String,
    /// The path in its container, absolute; the tests find it at the same place.
    pub path: String,
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
    /// What the agent's part says it needs of the network; `None` where it says nothing, for which Harbor gives all of it.
    pub network: Option<Reach>,
    /// When the container is ready for the agent.
    pub healthcheck: Option<Healthcheck>,
    /// The same, as the compose file or else the image says it.
    pub health: Health,
    /// Seconds an image build may take, and then the services to be ready.
    pub build_timeout_sec: f64,
    /// Containers beside the agent's, in the order in which they start.
    pub services: Vec<Service>,
    /// What they call the agent's container beside `main`.
    pub names: Vec<String>,
    /// Servers that agents are given whose harness takes them.
    pub mcp_servers: Vec<McpServer>,
    /// A folder of the container whose skills agents are given whose harness takes them.
    pub skills_dir: Option<String>,
}

impl Environment {
    /// A service beside the agent's container, by name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
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
    /// The user they run as; `None` is the image's.
    pub user: Option<String>,
    /// The verifier's own image, which brings its tests along; `None` is the agent's image.
    pub image: Option<ImageSource>,
    /// Environment variables of every process of a separate container, beside `env`.
    pub environment_env: BTreeMap<String, String>,
    /// CPUs of a separate container; `None` is as for the agent.
    pub cpus: Option<f64>,
    /// Its memory in MiB; `None` is as for the agent.
    pub memory_mb: Option<u64>,
    /// The tests' working directory in a separate container; `None` is that of its image.
    pub workdir: Option<String>,
    /// What the tests say they need of the network; `None` where they say nothing.
    pub network: Option<Reach>,
    /// Commands run in the agent's container before its work is collected.
    pub collect: Vec<CollectHook>,
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
