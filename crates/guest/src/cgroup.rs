//! What the container's cgroup says of its limits, for both versions of the kernel's interface.
//!
//! Under version 1 the folder that holds the controllers is a tmpfs that the container's root may write. So every
//! controller is opened once, before any program of the container runs, and must be the kernel's. Files are opened
//! below those descriptors, never through a link, never waiting, and must be the kernel's too.

use std::{collections::BTreeMap, fs::File, io::Read, os::fd::OwnedFd, path::Path, sync::OnceLock};

use rustix::fs::{CWD, FileType, FsWord, Mode, OFlags, fstat, fstatfs, openat};
use wire::{CgroupVersion, CpuUsage, MemoryUsage, PidsUsage, Usage};

use crate::routes;

const MOUNT: &str = "/sys/fs/cgroup";

/// Controllers of version 1 that are read, each by its folder's name.
const CONTROLLERS: [&str; 4] = ["memory", "pids", "cpu", "cpuacct"];

/// What statfs(2) calls the two kinds of cgroup file system.
const V1_MAGIC: FsWord = 0x0027_e0eb;
const V2_MAGIC: FsWord = 0x6367_7270;

/// No file that is read here is longer.
const LONGEST: u64 = 64 << 10;

/// Version 1 says "no limit" with the largest multiple of the page size; anything above this is none.
const NO_LIMIT: u64 = 1 << 62;

static FILES: OnceLock<Files> = OnceLock::new();

/// What the limits have done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hits {
    pub(crate) oom_kills: u64,
    pub(crate) pids_refused: u64,
}

/// Opens the controllers. Must come before any program of the container.
pub(crate) fn hold() {
    files();
}

/// Read before and after each exec.
pub(crate) fn hits() -> Hits {
    Hits { oom_kills: files().oom_kills().unwrap_or(0), pids_refused: files().pids_refused().unwrap_or(0) }
}

/// How many processes and threads there are, where that is told.
pub(crate) fn processes() -> Option<u64> {
    files().number("pids", "pids.current", "pids.current")
}

/// Everything the cgroup tells, and what was asked of the network in vain.
pub(crate) fn usage() -> Usage {
    Usage { unreachable: routes::unreachable(), ..files().usage() }
}

fn files() -> &'static Files {
    FILES.get_or_init(|| Files::hold(Path::new(MOUNT), kernels))
}

/// The version whose file system `file` lies on.
fn kernels(file: &OwnedFd) -> Option<CgroupVersion> {
    match fstatfs(file).ok()?.f_type {
        V1_MAGIC => Some(CgroupVersion::V1),
        V2_MAGIC => Some(CgroupVersion::V2),
        _ => None,
    }
}

/// The cgroup's folders, held open: by controller under version 1, the one named `""` under version 2.
struct Files {
    folders: BTreeMap<&'static str, OwnedFd>,
    version: Option<CgroupVersion>,
    /// Tells which version a descriptor belongs to.
    version_of: fn(&OwnedFd) -> Option<CgroupVersion>,
}

impl Files {
    fn hold(mount: &Path, version_of: fn(&OwnedFd) -> Option<CgroupVersion>) -> Files {
        let open = |folder: &str| {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            openat(CWD, mount.join(folder), flags, Mode::empty()).ok()
        };
        let is = |folder: &OwnedFd, version| version_of(folder) == Some(version);
        if let Some(folder) = open("").filter(|folder| is(folder, CgroupVersion::V2)) {
            return Files {
                folders: BTreeMap::from([("", folder)]),
                version: Some(CgroupVersion::V2),
                version_of,
            };
        }
        let folders: BTreeMap<_, _> = CONTROLLERS
            .into_iter()
            .filter_map(|name| Some((name, open(name).filter(|folder| is(folder, CgroupVersion::V1))?)))
            .collect();
        let version = (!folders.is_empty()).then_some(CgroupVersion::V1);
        Files { folders, version, version_of }
    }

    /// The text of the controller's file: the first name under version 1, the second under version 2.
    fn text(&self, controller: &str, v1: &str, v2: &str) -> Option<String> {
        let (folder, name) = match self.version? {
            CgroupVersion::V1 => (controller, v1),
            CgroupVersion::V2 => ("", v2),
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(self.folders.get(folder)?, name, flags, Mode::empty()).ok()?;
        let regular = FileType::from_raw_mode(fstat(&file).ok()?.st_mode) == FileType::RegularFile;
        if !regular || (self.version_of)(&file) != self.version {
            return None;
        }
        let mut text = String::new();
        File::from(file).take(LONGEST).read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn number(&self, controller: &str, v1: &str, v2: &str) -> Option<u64> {
        self.text(controller, v1, v2)?.trim().parse().ok().filter(|&number| number < NO_LIMIT)
    }

    /// The value of `key` in a file of `key value` lines.
    fn keyed(&self, controller: &str, (v1, v1_key): (&str, &str), (v2, v2_key): (&str, &str)) -> Option<u64> {
        let key = match self.version? {
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
            version: self.version,
            memory: MemoryUsage {
                current: self.number("memory", "memory.usage_in_bytes", "memory.current"),
                peak: self.number("memory", "memory.max_usage_in_bytes", "memory.peak"),
                limit: self.number("memory", "memory.limit_in_bytes", "memory.max"),
                limit_hits: self.version.and_then(|version| match version {
                    CgroupVersion::V1 => self.number("memory", "memory.failcnt", ""),
                    CgroupVersion::V2 => self.keyed("memory", ("", ""), ("memory.events", "max")),
                }),
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
        let Some(version) = self.version else { return CpuUsage::default() };
        let (used, throttled, limit_millis) = match version {
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
        let usage = Files::hold(folder.path(), v1_below).usage();
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
        let usage = Files::hold(folder.path(), |_| Some(CgroupVersion::V2)).usage();
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
        // The second is a folder like a cgroup's that is not the kernel's.
        let forged = mount(&[("cgroup.controllers", "memory\n"), ("memory/memory.failcnt", "9\n")]);
        for mount in [Path::new("/nonexistent"), forged.path()] {
            assert_eq!(Files::hold(mount, kernels).usage(), Usage::default());
        }
    }

    #[test]
    fn what_takes_the_place_of_a_controller_or_a_file_is_neither_read_nor_waited_for() {
        let folder = mount(&[
            ("memory/memory.failcnt", "4\n"),
            ("pids/pids.max", "64\n"),
            ("pids/pids.current", "7\n"),
            ("pids/pids.events", "max 12\n"),
            ("elsewhere", "max 99\n"),
        ]);
        let at = |path: &str| folder.path().join(path);
        let files = Files::hold(folder.path(), v1_below);
        // Another folder under the controller's name: what is held is still read.
        std::fs::rename(at("memory"), at("moved")).unwrap();
        std::fs::create_dir(at("memory")).unwrap();
        std::fs::write(at("memory/memory.failcnt"), "99\n").unwrap();
        // The other version's mark, made too late.
        std::fs::write(at("cgroup.controllers"), "memory\n").unwrap();
        // A link, a FIFO that nobody writes to, and a file without end.
        std::fs::remove_file(at("pids/pids.events")).unwrap();
        std::os::unix::fs::symlink(at("elsewhere"), at("pids/pids.events")).unwrap();
        std::fs::remove_file(at("pids/pids.current")).unwrap();
        rustix::fs::mknodat(CWD, at("pids/pids.current"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        File::create(at("pids/pids.max")).unwrap().set_len(1 << 40).unwrap();
        let usage = files.usage();
        assert_eq!(usage.version, Some(CgroupVersion::V1));
        assert_eq!(usage.memory.limit_hits, Some(4));
        assert_eq!(usage.pids, PidsUsage::default());
    }

    /// Version 1 as tests have it: the folder that holds the controllers is none of the kernel's.
    fn v1_below(_: &OwnedFd) -> Option<CgroupVersion> {
        Some(CgroupVersion::V1)
    }
}
