//! What a container is given and uses.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number about a trial's container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// CPU time used, in seconds.
    CpuSec,
    /// CPUs given.
    LimitCpus,
    /// Memory given to the task's processes, in MiB.
    LimitMemoryMb,
    /// Processes and threads given.
    LimitPids,
    /// Wall time given, in seconds.
    LimitWallSec,
    /// Most memory used at once, in MiB.
    MemoryPeakMb,
    /// Processes that the kernel killed for memory.
    OomKills,
    /// Periods in which the container had used up its CPU time and stood still.
    ThrottledPeriods,
    /// Connections tried to addresses that cannot be reached.
    UnreachableConnects,
    /// A number that only a newer program knows.
    #[serde(other)]
    Unknown,
}

impl Resource {
    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CpuSec => "cpu_sec",
            Self::LimitCpus => "limit_cpus",
            Self::LimitMemoryMb => "limit_memory_mb",
            Self::LimitPids => "limit_pids",
            Self::LimitWallSec => "limit_wall_sec",
            Self::MemoryPeakMb => "memory_peak_mb",
            Self::OomKills => "oom_kills",
            Self::ThrottledPeriods => "throttled_periods",
            Self::UnreachableConnects => "unreachable_connects",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it was given, and so must be the same in every arm.
    pub fn is_limit(self) -> bool {
        matches!(self, Self::LimitCpus | Self::LimitMemoryMb | Self::LimitPids | Self::LimitWallSec)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_of_a_newer_program_are_read_as_unknown() {
        let read: BTreeMap<Resource, f64> =
            serde_json::from_str(r#"{"limit_cpus": 2.0, "limit_gpus": 1.0}"#).unwrap();
        assert_eq!(read, BTreeMap::from([(Resource::LimitCpus, 2.0), (Resource::Unknown, 1.0)]));
        assert_eq!(serde_json::to_string(&Resource::LimitWallSec).unwrap(), "\"limit_wall_sec\"");
    }
}
