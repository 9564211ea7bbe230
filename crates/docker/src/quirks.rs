//! What engines are known to do differently: what is refused, what is lived with and said.

use bollard::models::{SystemInfo, SystemVersion};

use sandbox::EngineError;

/// What an engine says about itself.
pub(crate) struct Seen<'a> {
    pub(crate) version: &'a SystemVersion,
    pub(crate) info: &'a SystemInfo,
}

/// Something to live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// Layers cannot be compared without reading both.
    SlowChanges,
    /// Swap is not counted.
    SwapBeside,
    /// Each container is a whole copy of its image.
    Copies,
    /// Users in containers are others outside.
    MappedUsers,
    /// The engine runs in a virtual machine.
    VirtualMachine,
    /// System calls cannot be filtered.
    NoSeccomp,
}

impl Quirk {
    const ALL: [Self; 6] = [
        Self::SlowChanges,
        Self::SwapBeside,
        Self::Copies,
        Self::MappedUsers,
        Self::VirtualMachine,
        Self::NoSeccomp,
    ];

    fn applies(self, seen: &Seen<'_>) -> bool {
        let info = seen.info;
        let driver = info.driver.as_deref().unwrap_or_default();
        let option = |name: &str| info.security_options.iter().flatten().any(|said| said.contains(name));
        let status = |name: &str, value: &str| {
            let told = info.driver_status.iter().flatten();
            told.into_iter().any(|pair| pair.iter().map(String::as_str).eq([name, value]))
        };
        match self {
            Self::SlowChanges => driver != "overlay2" || status("Native Overlay Diff", "false"),
            Self::SwapBeside => info.swap_limit == Some(false),
            Self::Copies => driver == "vfs",
            Self::MappedUsers => option("name=userns") || option("name=rootless"),
            Self::VirtualMachine => {
                info.operating_system.as_deref().is_some_and(|system| system.contains("Docker Desktop"))
            }
            Self::NoSeccomp => !option("name=seccomp"),
        }
    }

    /// What it means, in words.
    pub(crate) fn means(self) -> &'static str {
        match self {
            Self::SlowChanges => {
                "it compares layers file by file: unless this program may read them itself, what agents change outside their \
                 work trees is not listed"
            }
            Self::SwapBeside => {
                "it cannot limit swap: with swap on this machine a task has more memory than its limit says"
            }
            Self::Copies => {
                "its storage driver `vfs` copies the whole image for each container: slow, and it fills the disk"
            }
            Self::MappedUsers => {
                "it maps users to others of this machine: packs must be readable by everybody; not tested"
            }
            Self::VirtualMachine => {
                "it runs in a virtual machine: packs must lie where that may mount from; not tested"
            }
            Self::NoSeccomp => {
                "its kernel filters no system calls: containers may make every one that their privileges allow"
            }
        }
    }
}

/// What the engine is known to do differently.
///
/// # Errors
/// [`EngineError::Refused`] for one that would measure wrongly.
pub(crate) fn of(seen: &Seen<'_>) -> Result<Vec<Quirk>, EngineError> {
    refuse_podman(seen.version)?;
    refuse_unlimited(seen.info)?;
    Ok(Quirk::ALL.into_iter().filter(|quirk| quirk.applies(seen)).collect())
}

fn refuse_podman(version: &SystemVersion) -> Result<(), EngineError> {
    let podman = version.components.iter().flatten().any(|part| part.name.to_lowercase().contains("podman"));
    if !podman {
        return Ok(());
    }
    Err(EngineError::Refused {
        reason: "it is Podman, whose limits and streams have not been tested".into(),
        fix: "set DOCKER_HOST to the socket of a Docker engine",
    })
}

/// Without limits on memory, CPU and processes, arms are not comparable and the machine is not safe.
fn refuse_unlimited(info: &SystemInfo) -> Result<(), EngineError> {
    let rootless = info.security_options.iter().flatten().any(|option| option.contains("rootless"));
    let absent: Vec<&str> =
        [("memory", info.memory_limit), ("CPU", info.cpu_cfs_quota), ("process", info.pids_limit)]
            .into_iter()
            .filter(|(_, present)| *present == Some(false))
            .map(|(name, _)| name)
            .collect();
    let v1 = info.cgroup_version.is_some_and(|version| version.to_string() != "2");
    let reason = if rootless && v1 {
        "it runs rootless on cgroup v1, which enforces no limits".to_owned()
    } else if !absent.is_empty() {
        format!("it enforces no {} limit", absent.join(" and no "))
    } else {
        return Ok(());
    };
    Err(EngineError::Refused {
        reason,
        fix: "use an engine that runs as root, or cgroup v2 with all controllers",
    })
}

#[cfg(test)]
mod tests {
    use bollard::models::{SystemInfoCgroupVersionEnum, SystemVersionComponents};

    use super::*;

    #[test]
    fn engines_without_limits_are_refused() {
        let rootless = |version| SystemInfo {
            security_options: Some(vec!["name=seccomp,profile=default".into(), "name=rootless".into()]),
            cgroup_version: Some(version),
            ..Default::default()
        };
        assert!(refuse_unlimited(&rootless(SystemInfoCgroupVersionEnum::_1)).is_err());
        assert!(refuse_unlimited(&rootless(SystemInfoCgroupVersionEnum::_2)).is_ok());
        let info = SystemInfo { memory_limit: Some(true), pids_limit: Some(false), ..Default::default() };
        assert!(refuse_unlimited(&info).unwrap_err().to_string().contains("no process limit"));
    }

    #[test]
    fn podman_is_refused() {
        let part = |name: &str| SystemVersionComponents { name: name.into(), ..Default::default() };
        let version = |name| SystemVersion { components: Some(vec![part(name)]), ..Default::default() };
        assert!(refuse_podman(&version("Podman Engine")).is_err());
        assert!(refuse_podman(&version("Engine")).is_ok());
    }

    #[test]
    fn what_is_lived_with_is_recognised_by_what_the_engine_says() {
        let version = SystemVersion::default();
        let quirks = |info: SystemInfo| of(&Seen { version: &version, info: &info }).unwrap();
        let plain = || SystemInfo {
            driver: Some("overlay2".into()),
            driver_status: Some(vec![vec!["Native Overlay Diff".into(), "true".into()]]),
            swap_limit: Some(true),
            operating_system: Some("Debian GNU/Linux 12 (bookworm)".into()),
            security_options: Some(vec!["name=seccomp,profile=default".into()]),
            ..Default::default()
        };
        assert_eq!(quirks(plain()), []);
        let compared = Some(vec![vec!["Native Overlay Diff".into(), "false".into()]]);
        assert_eq!(quirks(SystemInfo { driver_status: compared, ..plain() }), [Quirk::SlowChanges]);
        let copied = SystemInfo { driver: Some("vfs".into()), swap_limit: Some(false), ..plain() };
        assert_eq!(quirks(copied), [Quirk::SlowChanges, Quirk::SwapBeside, Quirk::Copies]);
        assert_eq!(quirks(SystemInfo { security_options: None, ..plain() }), [Quirk::NoSeccomp]);
        let options = Some(vec!["name=userns".into(), "name=seccomp,profile=builtin".into()]);
        let desktop = Some("Docker Desktop".into());
        let mapped = SystemInfo { security_options: options, operating_system: desktop, ..plain() };
        assert_eq!(quirks(mapped), [Quirk::MappedUsers, Quirk::VirtualMachine]);
    }
}
