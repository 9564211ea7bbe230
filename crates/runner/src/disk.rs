//! The limit on disk. Common file systems under the engine have no quota, so the guest is asked every few seconds;
//! what is written between two looks is the overshoot.

use std::time::Duration;

use ledger::Outcome;
use sandbox::guest::Guest;

use crate::{agents::AgentEnd, site::Infra, trial::Try, workspace};

/// Between two looks: a look walks the trees, and its cost is the trial's.
const PAUSE: Duration = Duration::from_secs(5);

/// Entries looked at: a tree of more is measured in part, and only grows.
const ENTRIES: u64 = 300_000;

/// Where a task's programs write, beside the work tree.
const WRITABLE: [&str; 4] = ["/tmp", "/var/tmp", "/root", "/home"];

/// Resolves when the agent's files exceed the trial's limit; never otherwise.
pub(crate) async fn full(this: &Try<'_>, guest: &Guest) -> Result<AgentEnd, Infra> {
    let mut roots: Vec<Vec<u8>> = workspace::roots(&this.site).into_iter().map(Into::into).collect();
    roots.extend(WRITABLE.iter().map(|root| root.as_bytes().to_vec()));
    let limit = this.site.limits.disk_mb << 20;
    loop {
        tokio::time::sleep(PAUSE).await;
        let used = guest.disk_usage(roots.clone(), ENTRIES).await?.bytes;
        if used > limit {
            return Ok(AgentEnd {
                outcome: Some(Outcome::CgroupDisk),
                detail: format!("{} MiB of {} MiB of disk were used", used >> 20, this.site.limits.disk_mb),
                ..AgentEnd::default()
            });
        }
    }
}
