//! What the container's cgroup says of its limits, for both versions of the kernel's interface.

use std::path::{Path, PathBuf};

use crate::routes;
use wire::{CgroupVersion, CpuUsage, MemoryUsage, PidsUsage, Usage};

const MOUNT: &str = "/sys/fs/cgroup";

/// Version 1 says "no limit" with the largest multiple of the page size; anything above this is none.
const NO_LIMIT: u64 = 1 << 62;

/// What the limits have done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hits {
    pub(crate) oom_kills: u64,
    pub(crate) pids_refused: u64,
}

/// Read before and after each exec.
pub(crate) fn hits() -> Hits {
    let files = Files::at(Path::new(MOUNT));
    Hits { oom_kills: files.oom_kills().unwrap_or(0), pids_refused: files.pids_refused().unwrap_or(0) }
}

/// How many processes and threads there are, where that is told.
pub(crate) fn processes() -> Option<u64> {
    Files::at(Path::new(MOUNT)).number("pids", "pids.current", "pids.current")
}

/// Everything the cgroup tells, and what was asked of the network in vain.
pub(crate) fn usage() -> Usage {
    Usage { unreachable: routes::unreachable(), ..Files::at(Path::new(MOUNT)).usage() }
}

struct Files {
    mount: PathBuf,
    version: CgroupVersion,
}

impl Files {
    fn at(mount: &Path) -> Files {
        let unified = mount.join("cgroup.controllers").exists();
        let version = if unified { CgroupVersion::V2 } else { CgroupVersion::V1 };
        Files { mount: mount.to_owned(), version }
    }

    /// The text of the controller's file: the first name under version 1, the second under version 2.
    fn text(&self, controller: &str, v1: &str, v2: &str) -> Option<String> {
        let path = match self.version {
            CgroupVersion::V1 => self.mount.join(controller).join(v1),
            CgroupVersion::V2 => self.mount.join(v2),
        };
        std::fs::read_to_string(path).ok()
    }

    fn number(&self, controller: &str, v1: &str, v2: &str) -> Option<u64> {
        self.text(controller, v1, v2)?.trim().parse().ok().filter(|&number| number < NO_LIMIT)
    }

    /// The value of `key` in a file of `key value` lines.
    fn keyed(&self, controller: &str, (v1, v1_key): (&str, &str), (v2, v2_key): (&str, &str)) -> Option<u64> {
        let key = match self.version {
            CgroupVersion::V1 => v1_key,
            CgroupVersion::V2 => v2_key,
        };
        let text = self.text(controller, v1, v2)?;
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        line?.trim().parse().ok()
    }

    fn oom_kills(&self) -> Option<u64> {
        self.keyed("memory", ("memory.oom_control", "oom_kill"), ("memory.events", "oom_kill"))
    }

    fn pids_refused(&self) -> Option<u64> {
        self.keyed("pids", ("pids.events", "max"), ("pids.events", "max"))
    }

    fn usage(&self) -> Usage {
        Usage {
            version: Some(self.version),
            memory: MemoryUsage {
                current: self.number("memory", "memory.usage_in_bytes", "memory.current"),
                peak: self.number("memory", "memory.max_usage_in_bytes", "memory.peak"),
                limit: self.number("memory", "memory.limit_in_bytes", "memory.max"),
                limit_hits: match self.version {
                    CgroupVersion::V1 => self.number("memory", "memory.failcnt", ""),
                    CgroupVersion::V2 => self.keyed("memory", ("", ""), ("memory.events", "max")),
                },
                oom_kills: self.oom_kills(),
            },
            pids: PidsUsage {
                current: self.number("pids", "pids.current", "pids.current"),
                limit: self.number("pids", "pids.max", "pids.max"),
                limit_hits: self.pids_refused(),
            },
            cpu: self.cpu(),
            unreachable: None,
        }
    }

    fn cpu(&self) -> CpuUsage {
        let stat = |v1: &str, v2: &str| self.keyed("cpu", ("cpu.stat", v1), ("cpu.stat", v2));
        let (used, throttled, limit_millis) = match self.version {
            // Version 1 counts in nanoseconds.
            CgroupVersion::V1 => {
                let quota = self.number("cpu", "cpu.cfs_quota_us", "");
                let period = self.number("cpu", "cpu.cfs_period_us", "");
                (
                    self.number("cpuacct", "cpuacct.usage", "").map(|nanos| nanos / 1000),
                    stat("throttled_time", "").map(|nanos| nanos / 1000),
                    millis(quota, period),
                )
            }
            CgroupVersion::V2 => {
                let text = self.text("cpu", "", "cpu.max").unwrap_or_default();
                let mut numbers = text.split_ascii_whitespace().map(|number| number.parse().ok());
                let (quota, period) = (numbers.next().flatten(), numbers.next().flatten());
                (stat("", "usage_usec"), stat("", "throttled_usec"), millis(quota, period))
            }
        };
        CpuUsage {
            used,
            limit_millis,
            periods: stat("nr_periods", "nr_periods"),
            throttled_periods: stat("nr_throttled", "nr_throttled"),
            throttled,
        }
    }
}

/// Thousandths of a processor.
fn millis(quota: Option<u64>, period: Option<u64>) -> Option<u64> {
    quota?.checked_mul(1000)?.checked_div(period?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn version_1_is_read() {
        let folder = mount(&[
            ("memory/memory.usage_in_bytes", "1048576\n"),
            ("memory/memory.max_usage_in_bytes", "2097152\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/memory.failcnt", "4\n"),
            ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
            ("pids/pids.current", "7\n"),
            ("pids/pids.max", "64\n"),
            ("pids/pids.events", "max 12\n"),
            ("cpu/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 5000000\n"),
            ("cpuacct/cpuacct.usage", "7000000\n"),
            ("cpu/cpu.cfs_quota_us", "150000\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        let usage = Files::at(folder.path()).usage();
        assert_eq!(usage.version, Some(CgroupVersion::V1));
        let memory = MemoryUsage {
            current: Some(1 << 20),
            peak: Some(2 << 20),
            limit: None,
            limit_hits: Some(4),
            oom_kills: Some(3),
        };
        assert_eq!(usage.memory, memory);
        assert_eq!(usage.pids, PidsUsage { current: Some(7), limit: Some(64), limit_hits: Some(12) });
        let cpu = CpuUsage {
            used: Some(7000),
            limit_millis: Some(1500),
            periods: Some(10),
            throttled_periods: Some(4),
            throttled: Some(5000),
        };
        assert_eq!(usage.cpu, cpu);
    }

    #[test]
    fn version_2_is_read() {
        let folder = mount(&[
            ("cgroup.controllers", "cpu memory pids\n"),
            ("memory.current", "5\n"),
            ("memory.peak", "6\n"),
            ("memory.max", "max\n"),
            ("memory.events", "low 0\nhigh 0\nmax 8\noom 2\noom_kill 1\noom_group_kill 0\n"),
            ("pids.current", "1\n"),
            ("pids.max", "max\n"),
            ("pids.events", "max 0\n"),
            ("cpu.stat", "usage_usec 11\nnr_periods 2\nnr_throttled 1\nthrottled_usec 9\n"),
            ("cpu.max", "max 100000\n"),
        ]);
        let usage = Files::at(folder.path()).usage();
        assert_eq!(usage.version, Some(CgroupVersion::V2));
        let memory = MemoryUsage {
            current: Some(5),
            peak: Some(6),
            limit: None,
            limit_hits: Some(8),
            oom_kills: Some(1),
        };
        assert_eq!(usage.memory, memory);
        assert_eq!(usage.pids, PidsUsage { current: Some(1), limit: None, limit_hits: Some(0) });
        let cpu = CpuUsage {
            used: Some(11),
            limit_millis: None,
            periods: Some(2),
            throttled_periods: Some(1),
            throttled: Some(9),
        };
        assert_eq!(usage.cpu, cpu);
    }

    #[test]
    fn without_a_cgroup_nothing_is_claimed() {
        let usage = Files::at(Path::new("/nonexistent")).usage();
        assert_eq!(usage.memory, MemoryUsage::default());
        assert_eq!(usage.cpu, CpuUsage::default());
    }
}
