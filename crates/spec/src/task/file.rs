//! `task.toml` as written, in Harbor's format 1.0 to 1.4 (Apache-2.0).
//!
//! Every key of the format is known here; [`super::read`] refuses those that are not carried out, by name, rather
//! than to run a task on other terms than its author's. Keys that the format does not have are passed over, as Harbor does,
//! unless they look like a slip.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::mcp::McpTable;

/// Environment: values may be `${VAR}` or `${VAR:-default}`, filled from the host.
pub(crate) type Env = BTreeMap<String, String>;

/// `task.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(title = "Task")]
#[serde(default)]
pub(crate) struct TaskFile {
    /// Version of the format, `1.0` to `1.4`.
    pub(crate) schema_version: Option<String>,
    /// The older name of `schema_version`.
    pub(crate) version: Option<String>,
    /// Where the task was taken from.
    pub(crate) source: Option<String>,
    /// Paths collected beside the working directory.
    pub(crate) artifacts: Vec<Artifact>,
    /// How the rewards of several steps are put together; `mean` when absent.
    pub(crate) multi_step_reward_strategy: Option<super::StepReward>,
    /// Steps in one container, each with an instruction and tests of its own in `steps/NAME/`.
    pub(crate) steps: Vec<StepTable>,
    /// What the task is called.
    pub(crate) task: Package,
    /// Free. Read by us: `family`, `keep_processes`, `git_history`, `set_uid`, `writable`, `falls_to`.
    pub(crate) metadata: BTreeMap<String, serde_json::Value>,
    /// The agent's part.
    pub(crate) agent: AgentTable,
    /// The grading.
    pub(crate) verifier: VerifierTable,
    /// The container agents work in.
    pub(crate) environment: EnvironmentTable,
    /// The reference solution.
    pub(crate) solution: SolutionTable,
}

/// A path to collect.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Artifact {
    /// The path.
    Path(String),
    /// The path, with more said.
    Table(ArtifactTable),
}

impl Artifact {
    /// The path in the container.
    pub(crate) fn source(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Table(table) => &table.source,
        }
    }

    /// The service beside the agent's container that it comes from, if it does.
    pub(crate) fn service(&self) -> Option<&str> {
        match self {
            Self::Path(_) => None,
            Self::Table(table) => table.service.as_deref().filter(|service| *service != "main"),
        }
    }

    /// Where Harbor puts it, where that is said.
    pub(crate) fn destination(&self) -> Option<&str> {
        match self {
            Self::Path(_) => None,
            Self::Table(table) => table.destination.as_deref().filter(|path| !path.is_empty()),
        }
    }
}

/// A path to collect, with more said.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ArtifactTable {
    /// The path in the container.
    pub(crate) source: String,
    /// Where Harbor puts it on its host; here the ledger keeps it. Of two in one place the first is collected.
    #[serde(default)]
    pub(crate) destination: Option<String>,
    /// Not supported.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// The service of the compose file that has it; the agent's container, `main`, when absent.
    #[serde(default)]
    pub(crate) service: Option<String>,
}

/// One of several steps. What it does not say is as for the whole task.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StepTable {
    /// The name of its directory below `steps/`.
    #[schemars(extend("format" = "name"))]
    pub(crate) name: String,
    /// The agent's part.
    #[serde(default)]
    pub(crate) agent: AgentTable,
    /// The grading.
    #[serde(default)]
    pub(crate) verifier: VerifierTable,
    /// The least reward with which the next step is begun: a number for `reward`, or one for each name.
    #[serde(default)]
    pub(crate) min_reward: Option<MinReward>,
    /// When the container is ready for this step.
    #[serde(default)]
    pub(crate) healthcheck: Option<super::Healthcheck>,
    /// Paths collected beside the working directory.
    #[serde(default)]
    pub(crate) artifacts: Vec<Artifact>,
}

/// The least reward.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum MinReward {
    /// Of `reward`.
    One(f64),
    /// By name.
    Each(BTreeMap<String, f64>),
}

/// A command run when the agent has ended and before its work is collected.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CollectTable {
    /// The command, for `bash -c`.
    pub(crate) command: String,
    /// The service of the compose file in which it runs; the agent's container, `main`, when absent.
    #[serde(default)]
    pub(crate) service: Option<String>,
    /// Seconds it may take, 60 when absent.
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) timeout_sec: Option<f64>,
    /// Who runs it; the image's user when absent.
    #[serde(default)]
    pub(crate) user: Option<User>,
}

/// What the task is called, for readers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Package {
    /// `organisation/name`.
    pub(crate) name: Option<String>,
    /// Its version.
    pub(crate) version: Option<String>,
    /// What it asks for, in a sentence.
    pub(crate) description: Option<String>,
    /// Who wrote it.
    pub(crate) authors: Vec<Author>,
    /// Words to find it by.
    pub(crate) keywords: Vec<String>,
}

/// Who wrote a task.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "for readers")]
pub(crate) struct Author {
    /// Name.
    pub(crate) name: String,
    /// Address.
    #[serde(default)]
    pub(crate) email: Option<String>,
}

/// A user, by name or number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum User {
    /// By name.
    Name(String),
    /// By number.
    Uid(u32),
}

/// What network something gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NetworkMode {
    /// All of it.
    Public,
    /// None.
    NoNetwork,
    /// The hosts that `allowed_hosts` lists.
    Allowlist,
}

/// `[agent]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AgentTable {
    /// Seconds the agent may take.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) timeout_sec: Option<f64>,
    /// The agent's user; the image's when absent.
    pub(crate) user: Option<User>,
    /// Network during the agent's part.
    pub(crate) network_mode: Option<NetworkMode>,
    /// Hosts that can be reached in the mode `allowlist`: names, and `*.` with a name for all below it.
    pub(crate) allowed_hosts: Option<Vec<String>>,
}

/// `[verifier]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct VerifierTable {
    /// Seconds the tests may take, 600 when absent.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) timeout_sec: Option<f64>,
    /// Environment of the tests.
    pub(crate) env: Env,
    /// The user they run as; the image's when absent.
    pub(crate) user: Option<User>,
    /// `shared`: in the agent's container. `separate`: in a fresh one.
    pub(crate) environment_mode: Option<super::VerifierMode>,
    /// The fresh container, where it is not as the agent's.
    pub(crate) environment: Option<EnvironmentTable>,
    /// Network of the tests.
    pub(crate) network_mode: Option<NetworkMode>,
    /// Hosts that can be reached in the mode `allowlist`: names, and `*.` with a name for all below it.
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Commands run in the agent's container when the agent has ended, before its work is collected.
    pub(crate) collect: Vec<CollectTable>,
}

/// `[environment]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct EnvironmentTable {
    /// Seconds an image build may take, 600 when absent.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) build_timeout_sec: Option<f64>,
    /// A ready image; goes before `environment/Dockerfile`.
    pub(crate) docker_image: Option<String>,
    /// Only `linux`.
    pub(crate) os: Option<Os>,
    /// CPUs.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) cpus: Option<f64>,
    /// Memory in MiB.
    #[schemars(range(min = 1))]
    pub(crate) memory_mb: Option<u64>,
    /// Disk in MiB.
    #[schemars(range(min = 1))]
    pub(crate) storage_mb: Option<u64>,
    /// The older form of `memory_mb`, as in `2G`.
    #[schemars(extend("format" = "size"))]
    pub(crate) memory: Option<String>,
    /// The older form of `storage_mb`, as in `10G`.
    #[schemars(extend("format" = "size"))]
    pub(crate) storage: Option<String>,
    /// Not supported unless 0.
    pub(crate) gpus: Option<u32>,
    /// Not supported.
    pub(crate) gpu_types: Option<Vec<String>>,
    /// Not supported.
    pub(crate) tpu: Option<BTreeMap<String, serde_json::Value>>,
    /// Environment of every process.
    pub(crate) env: Env,
    /// Working directory; the image's when absent.
    pub(crate) workdir: Option<String>,
    /// A folder of the container whose skills are given to harnesses that take them.
    pub(crate) skills_dir: Option<String>,
    /// Servers of the Model Context Protocol, given to harnesses that take them.
    pub(crate) mcp_servers: Vec<McpTable>,
    /// When the container is ready for the agent.
    pub(crate) healthcheck: Option<super::Healthcheck>,
    /// Network. Absent, it is all of it where the sweep gives tasks their networks, as in Harbor.
    pub(crate) network_mode: Option<NetworkMode>,
    /// The older form of `network_mode`.
    pub(crate) allow_internet: Option<bool>,
    /// Hosts that can be reached in the mode `allowlist`: names, and `*.` with a name for all below it.
    pub(crate) allowed_hosts: Option<Vec<String>>,
}

/// An operating system.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Os {
    /// Linux.
    #[serde(alias = "Linux", alias = "LINUX")]
    Linux,
    /// Not supported.
    #[serde(alias = "Windows", alias = "WINDOWS")]
    Windows,
}

/// `[solution]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SolutionTable {
    /// Environment of `solution/solve.sh`.
    pub(crate) env: Env,
}
