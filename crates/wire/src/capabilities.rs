//! Sets of Linux capabilities.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Names by number, as in `linux/capability.h`, without the `CAP_` prefix.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// A set of capabilities; bit n is capability number n, as in `/proc/PID/status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities(pub u64);

/// A capability name that Linux does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown capability `{0}`: names are those of capabilities(7), without `CAP_`")]
pub struct UnknownCapability(pub String);

impl Capabilities {
    /// No capability.
    pub const NONE: Capabilities = Capabilities(0);

    /// The set of the given names; upper case, with or without `CAP_`.
    ///
    /// # Errors
    /// The first name that is unknown.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownCapability> {
        names.into_iter().try_fold(Capabilities::NONE, |set, name| {
            let bare = name.strip_prefix("CAP_").unwrap_or(name);
            let number = NAMES.iter().position(|known| *known == bare);
            let number = number.ok_or_else(|| UnknownCapability(name.to_owned()))?;
            Ok(Capabilities(set.0 | 1 << number))
        })
    }

    /// The names in the set, without `CAP_`; numbers without a name are left out.
    pub fn names(self) -> Vec<&'static str> {
        (0u32..).zip(NAMES).filter(|(number, _)| self.contains(*number)).map(|(_, name)| name).collect()
    }

    /// Whether capability `number` is in the set.
    pub fn contains(self, number: u32) -> bool {
        1u64.checked_shl(number).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The capabilities in either set.
    #[must_use]
    pub fn union(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 | other.0)
    }

    /// The capabilities in this set and not in the other.
    #[must_use]
    pub fn without(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_kernels() {
        let set = Capabilities::from_names(["CAP_CHOWN", "SETPCAP", "SYS_ADMIN", "CHECKPOINT_RESTORE"]);
        let set = set.unwrap();
        assert_eq!(set.0, 1 | 1 << 8 | 1 << 21 | 1 << 40);
        assert_eq!(set.names(), ["CHOWN", "SETPCAP", "SYS_ADMIN", "CHECKPOINT_RESTORE"]);
        assert_eq!(Capabilities::from_names(["ROOT"]), Err(UnknownCapability("ROOT".into())));
    }
}
