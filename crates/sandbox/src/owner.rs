//! Who started an object: a process of this machine, told apart from a later one with the same pid.

use std::{fmt, str::FromStr};

use fs_err as fs;
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

/// The process that owns containers. Written into a label as `BOOT:NAMESPACE:PID:STARTED`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Identity of the boot of the machine.
    pub boot: String,
    /// The pid namespace that gives the pid its meaning.
    pub namespace: String,
    /// Process id.
    pub pid: u32,
    /// When the process started, in clock ticks since boot.
    pub started: u64,
}

/// Whether an owner still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Alive,
    /// It does not, and nobody else will clean up.
    Dead,
    /// It is in another pid namespace: it cannot be seen from here.
    Unseen,
}

impl Owner {
    /// This process.
    ///
    /// # Errors
    /// If `/proc` is not there.
    pub fn this() -> std::io::Result<Self> {
        let pid = std::process::id();
        let started = started(pid)?.ok_or_else(|| std::io::Error::other("/proc/self/stat cannot be read"))?;
        Ok(Self { boot: boot_id()?, namespace: namespace()?, pid, started })
    }

    /// Whether the owner still runs, seen from this process.
    pub fn life(&self, this: &Self) -> Life {
        if self.boot != this.boot {
            return Life::Dead;
        }
        if self.namespace != this.namespace {
            return Life::Unseen;
        }
        match started(self.pid) {
            Ok(Some(started)) if started == self.started => Life::Alive,
            Ok(_) => Life::Dead,
            Err(_) => Life::Unseen,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.boot, self.namespace, self.pid, self.started)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(());
        let (boot, namespace) = (next()?.to_owned(), next()?.to_owned());
        let pid = next()?.parse().map_err(drop)?;
        let started = next()?.parse().map_err(drop)?;
        if parts.next().is_some() { Err(()) } else { Ok(Self { boot, namespace, pid, started }) }
    }
}

fn boot_id() -> std::io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

fn namespace() -> std::io::Result<String> {
    let link = fs::read_link("/proc/self/ns/pid")?;
    Ok(link.to_string_lossy().chars().filter(char::is_ascii_digit).collect())
}

/// When a process started, in ticks since boot; `None` if there is none, or only its remains.
fn started(pid: u32) -> std::io::Result<Option<u64>> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => Ok(started_in(&stat)),
        // Some systems hide other users' processes: of those one hears that they may not be signalled.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            match i32::try_from(pid).ok().and_then(Pid::from_raw) {
                Some(pid) if test_kill_process(pid) != Err(Errno::SRCH) => Err(error),
                _ => Ok(None),
            }
        }
        Err(error) => Err(error),
    }
}

/// Field 22 of proc_pid_stat(5), counted after the name, which may hold blanks and brackets itself.
fn started_in(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let dead = matches!(fields.next()?, "Z" | "X" | "x");
    let started = fields.nth(18)?.parse().ok()?;
    (!dead).then_some(started)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_survives_its_label() {
        let this = Owner::this().unwrap();
        let read: Owner = this.to_string().parse().unwrap();
        assert_eq!(read, this);
        assert_eq!(read.life(&this), Life::Alive);
    }

    #[test]
    fn a_pid_used_again_an_earlier_boot_and_a_missing_pid_are_dead() {
        let this = Owner::this().unwrap();
        for dead in [
            Owner { started: this.started + 1, ..this.clone() },
            Owner { boot: "earlier".into(), ..this.clone() },
            Owner { pid: u32::MAX, ..this.clone() },
        ] {
            assert_eq!(dead.life(&this), Life::Dead, "{dead}");
        }
        assert_eq!(Owner { namespace: "1".into(), ..this.clone() }.life(&this), Life::Unseen);
    }

    #[test]
    fn labels_of_others_are_no_owner() {
        for text in ["", "a:b:c:d", "a:b:1", "a:b:1:2:3", "::1:2"] {
            assert_eq!(text.parse::<Owner>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_name_with_brackets_and_a_zombie_are_read() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(started_in(&format!("7 (a) b) {fields}")), Some(4242));
        assert_eq!(started_in(&format!("7 (a) {}", fields.replacen('S', "Z", 1))), None);
        assert_eq!(started_in("7"), None);
    }
}
