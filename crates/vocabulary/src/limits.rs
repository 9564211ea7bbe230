//! Limits a trial runs under, the same in every arm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What bounds one trial. Where a task's file says how much CPU, memory or disk it needs, that counts instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wall time of the agent's part of a trial, in seconds.
    #[schemars(range(min = 1, max = 604_800))]
    pub wall_time_sec: u64,
    /// Model calls the bare loop may make, and the cap on calls per trial for harnesses.
    #[schemars(range(min = 1))]
    pub turns: u32,
    /// CPUs, as the engine counts them.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1024))]
    pub cpus: f64,
    /// Memory of the task's processes, in MiB. What a harness needs itself is added.
    #[schemars(range(min = 64))]
    pub memory_mb: u64,
    /// Processes and threads.
    #[schemars(range(min = 16))]
    pub pids: u32,
    /// Bytes written to the container's file system, in MiB.
    #[schemars(range(min = 64))]
    pub disk_mb: u64,
    /// Time limit of one command of the bare loop, in seconds.
    #[schemars(range(min = 1, max = 604_800))]
    pub command_sec: u64,
}

impl Limits {
    /// The part that an engine enforces; the rest is the runner's.
    pub fn container(&self) -> ContainerLimits {
        ContainerLimits { cpus: self.cpus, memory_mb: self.memory_mb, pids: self.pids, disk_mb: self.disk_mb }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_time_sec: 1800,
            turns: 250,
            cpus: 1.0,
            memory_mb: 2048,
            pids: 512,
            disk_mb: 4096,
            command_sec: 60,
        }
    }
}

/// What an engine bounds in a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContainerLimits {
    /// CPUs; a half is half the time of one.
    pub cpus: f64,
    /// Memory of the task's processes, in MiB.
    pub memory_mb: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Bytes written to the container's file system, in MiB.
    pub disk_mb: u64,
}

impl Default for ContainerLimits {
    fn default() -> Self {
        Limits::default().container()
    }
}
