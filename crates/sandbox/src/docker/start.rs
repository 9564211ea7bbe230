//! A trial's container, as asked for and as the engine is told.

use std::{collections::BTreeMap, path::PathBuf};

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
    MountType, ResourcesUlimits,
};
use vocabulary::ContainerLimits;

use crate::{labels::Labels, owner::Owner};

/// Where the guest is mounted.
pub(crate) const GUEST_PATH: &str = "/.overhang/guest";

/// What the engine grants by default, less `NET_RAW` and `MKNOD`. It includes all that the guest needs (`CHOWN`,
/// `DAC_OVERRIDE`, `FOWNER`, `FSETID`, `SETUID`, `SETGID`, `KILL`, and `SETPCAP` to take the rest away from what it
/// starts), so that the container is created with this one set in every arm.
pub const CAPABILITIES: [&str; 12] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Memory added for the guest, in MiB, so that the task's limit is the task's.
const GUEST_MEMORY_MB: u64 = 32;
/// Processes added for the guest: it is one, of one thread.
const GUEST_PIDS: u32 = 1;
/// Open files of one process: the same on every machine, and little enough for an engine that may not raise its own.
const OPEN_FILES: i64 = 16_384;
/// Size of `/dev/shm`, which counts as memory, in MiB, at most; never more than a quarter of the memory limit.
const SHARED_MEMORY_MB: u64 = 64;

/// A container to start.
///
/// There is no tmpfs but `/dev/shm`: `/tmp` stays on the container's own disk, where what a task writes counts
/// against `disk_mb` and not against its memory.
#[derive(Clone, Debug)]
pub struct StartSpec {
    /// Name or id of an image that is on this machine: see `Engine::ensure_image`.
    pub image: String,
    /// Part of the container's name, for people.
    pub name: String,
    /// What it is for.
    pub labels: Labels,
    /// Made if missing, as the engine does; `None` is the image's. Processes get theirs with each exec.
    pub workdir: Option<String>,
    /// Environment of the container itself. Processes get theirs with each exec, whole.
    pub env: BTreeMap<String, String>,
    /// CPUs, memory and processes are enforced by the engine; disk and time are the caller's.
    pub limits: ContainerLimits,
    /// Memory the harness needs for itself, in MiB: added to the limit.
    pub harness_memory_mb: u64,
    /// Directories mounted read-only.
    pub packs: Vec<PackMount>,
    /// Directories that stay writable where the rest of the root file system is not; `None` leaves all of it so.
    pub writable: Option<Vec<String>>,
    /// What the container can reach.
    pub network: Network,
    /// Whether set-uid programs work: off unless the task asks for it.
    pub new_privileges: bool,
}

/// A directory of this machine, mounted read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackMount {
    /// On this machine; must exist.
    pub host_dir: PathBuf,
    /// In the container, absolute.
    pub at: String,
}

/// What a container can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Network {
    /// Its own loopback.
    #[default]
    None,
    /// What the engine's default bridge reaches: only for tasks that declare it, in sweeps that allow it.
    Bridge,
}

/// The limits as given to the engine, guest and harness included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GivenLimits {
    /// CPUs.
    pub cpus: f64,
    /// Bytes; there is no swap beside it.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
}

impl StartSpec {
    /// What a container is given: the limits with what harness and guest need for themselves.
    pub fn given_limits(&self) -> GivenLimits {
        let memory_mb =
            self.limits.memory_mb.saturating_add(self.harness_memory_mb).saturating_add(GUEST_MEMORY_MB);
        GivenLimits {
            cpus: self.limits.cpus,
            memory_bytes: memory_mb.saturating_mul(1 << 20),
            pids: self.limits.pids.saturating_add(GUEST_PIDS),
        }
    }

    pub(crate) fn body(&self, guest: &std::path::Path, owner: &Owner) -> ContainerCreateBody {
        let mut mounts = vec![read_only(guest.to_string_lossy(), GUEST_PATH)];
        mounts.extend(self.packs.iter().map(|pack| read_only(pack.host_dir.to_string_lossy(), &pack.at)));
        mounts.extend(self.writable.iter().flatten().map(|at| own_volume(at)));
        ContainerCreateBody {
            image: Some(self.image.clone()),
            hostname: Some("task".into()),
            user: Some("0:0".into()),
            env: Some(self.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            entrypoint: Some(vec![GUEST_PATH.into()]),
            cmd: Some(Vec::new()),
            working_dir: self.workdir.clone(),
            labels: Some(self.labels.with_owner(owner)),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            open_stdin: Some(true),
            // The guest sees the end of its input when we die, and ends the container.
            stdin_once: Some(true),
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
            host_config: Some(self.host_config(mounts)),
            ..Default::default()
        }
    }

    fn host_config(&self, mounts: Vec<Mount>) -> HostConfig {
        let limits = self.given_limits();
        let memory = i64::try_from(limits.memory_bytes).unwrap_or(i64::MAX);
        let ulimit = |name: &str, value| ResourcesUlimits {
            name: Some(name.into()),
            soft: Some(value),
            hard: Some(value),
        };
        HostConfig {
            nano_cpus: Some(nano_cpus(limits.cpus)),
            memory: Some(memory),
            memory_swap: Some(memory),
            pids_limit: Some(i64::from(limits.pids)),
            shm_size: Some((memory / 4).min(i64::try_from(SHARED_MEMORY_MB << 20).unwrap_or(i64::MAX))),
            ulimits: Some(vec![ulimit("nofile", OPEN_FILES), ulimit("core", 0)]),
            cap_drop: Some(vec!["ALL".into()]),
            cap_add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
            security_opt: (!self.new_privileges).then(|| vec!["no-new-privileges".into()]),
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
            init: Some(false),
            ipc_mode: Some("private".into()),
            // Else the container reads its id, and the engine's name, in its own cgroup path.
            cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
            mounts: Some(mounts),
            readonly_rootfs: self.writable.as_ref().map(|_| true),
            ..self.network.host_config()
        }
    }
}

impl Network {
    /// Without a network the engine would still write this machine's nameserver and search domain into the container.
    pub(crate) fn host_config(self) -> HostConfig {
        match self {
            Self::None => HostConfig {
                network_mode: Some("none".into()),
                dns: Some(vec!["127.0.0.1".into()]),
                dns_search: Some(vec![".".into()]),
                ..Default::default()
            },
            Self::Bridge => HostConfig { network_mode: Some("bridge".into()), ..Default::default() },
        }
    }
}

pub(crate) fn read_only(source: impl Into<String>, target: &str) -> Mount {
    Mount { read_only: Some(true), ..bind(source, target) }
}

/// A volume of the container's own, filled with what the image has there, and removed with the container.
fn own_volume(at: &str) -> Mount {
    Mount { typ: Some(MountType::VOLUME), target: Some(at.to_owned()), ..Default::default() }
}

pub(crate) fn bind(source: impl Into<String>, target: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.into()),
        target: Some(target.to_owned()),
        ..Default::default()
    }
}

/// CPUs in the engine's unit; it refuses less than a hundredth.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and CPUs are few")]
fn nano_cpus(cpus: f64) -> i64 {
    (cpus.max(0.01) * 1e9).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> StartSpec {
        StartSpec {
            image: "overhang/base:1".into(),
            name: "one".into(),
            labels: Labels { run: "r".into(), trial: "t".into() },
            workdir: Some("/app".into()),
            env: BTreeMap::from([("A".into(), "b=c".into())]),
            limits: ContainerLimits { cpus: 1.5, memory_mb: 1000, pids: 100, ..ContainerLimits::default() },
            harness_memory_mb: 24,
            writable: None,
            packs: vec![PackMount { host_dir: "/store/pack".into(), at: "/opt/overhang/pack".into() }],
            network: Network::None,
            new_privileges: false,
        }
    }

    fn owner() -> Owner {
        Owner { boot: "boot".into(), namespace: "1".into(), pid: 2, started: 3 }
    }

    #[test]
    fn the_engine_is_told_this() {
        let mut body = spec().body("/data/guest".as_ref(), &owner());
        // Taken out of the snapshot because they have no order.
        let mut labels: Vec<_> =
            body.labels.take().into_iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
        labels.sort();
        assert_eq!(labels, ["overhang.owner=boot:1:2:3", "overhang.run=r", "overhang.trial=t"]);
        insta::assert_json_snapshot!(body);
    }

    #[test]
    fn a_task_that_asks_gets_a_network_and_new_privileges_and_nothing_more() {
        let plain = spec().body("/guest".as_ref(), &owner()).host_config.unwrap();
        let open = StartSpec { network: Network::Bridge, new_privileges: true, ..spec() };
        let open = open.body("/guest".as_ref(), &owner()).host_config.unwrap();
        assert_eq!((open.security_opt.as_ref(), open.dns.as_ref()), (None, None));
        let same = HostConfig {
            network_mode: plain.network_mode.clone(),
            dns: plain.dns.clone(),
            dns_search: plain.dns_search.clone(),
            security_opt: plain.security_opt.clone(),
            ..open
        };
        assert_eq!(same, plain);
    }

    #[test]
    fn a_read_only_root_leaves_what_is_named() {
        let body = StartSpec { writable: Some(vec!["/tmp".into()]), ..spec() };
        let host = body.body("/guest".as_ref(), &owner()).host_config.unwrap();
        let volume = host.mounts.unwrap().into_iter().find(|mount| mount.target.as_deref() == Some("/tmp"));
        assert_eq!(volume, Some(own_volume("/tmp")));
        assert_eq!((host.readonly_rootfs, own_volume("/tmp").source), (Some(true), None));
    }

    #[test]
    fn the_guest_has_what_it_needs_and_nobody_may_trace_or_forge() {
        for needed in ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL", "SETPCAP"] {
            assert!(CAPABILITIES.contains(&needed), "{needed}");
        }
        for refused in ["SYS_PTRACE", "SYS_ADMIN", "NET_RAW", "NET_ADMIN", "MKNOD", "SYS_RESOURCE"] {
            assert!(!CAPABILITIES.contains(&refused), "{refused}");
        }
    }
}
