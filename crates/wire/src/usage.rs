//! What the container has used of its limits, from its cgroup. A number the kernel does not tell is `None`.

use serde::{Deserialize, Serialize};

/// Usage and limits of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Which interface was found.
    pub version: Option<CgroupVersion>,
    /// Memory.
    pub memory: MemoryUsage,
    /// Processes and threads.
    pub pids: PidsUsage,
    /// Processor time.
    pub cpu: CpuUsage,
    /// Times that a program tried to reach an address that no route leads to.
    pub unreachable: Option<u64>,
}

/// The kernel's interface to cgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CgroupVersion {
    /// One hierarchy per controller.
    V1,
    /// One unified hierarchy.
    V2,
}

/// Memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemoryUsage {
    /// Now, page cache included.
    pub current: Option<u64>,
    /// Most so far.
    pub peak: Option<u64>,
    /// Limit; `None` also if there is none.
    pub limit: Option<u64>,
    /// Times the limit was hit.
    pub limit_hits: Option<u64>,
    /// Processes killed for memory.
    pub oom_kills: Option<u64>,
}

/// Processes and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PidsUsage {
    /// Now.
    pub current: Option<u64>,
    /// Limit; `None` also if there is none.
    pub limit: Option<u64>,
    /// Times the limit refused one.
    pub limit_hits: Option<u64>,
}

/// Processor time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CpuUsage {
    /// Used.
    pub used: Option<u64>,
    /// Limit, in thousandths of a processor; `None` also if there is none.
    pub limit_millis: Option<u64>,
    /// Scheduling periods in which something ran.
    pub periods: Option<u64>,
    /// Periods in which the limit held something back.
    pub throttled_periods: Option<u64>,
    /// Time held back.
    pub throttled: Option<u64>,
}

/// Space used below some paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DiskUsage {
    /// Bytes allocated; a file with several names counts once.
    pub bytes: u64,
    /// Files, directories and links.
    pub entries: u64,
    /// False if a limit or an unreadable directory ended the count early: then the truth is more.
    pub complete: bool,
    /// Bytes free on the file system of the first path.
    pub free: Option<u64>,
}
