//! The limit on disk. Common file systems under the engine have no quota, so every few seconds somebody looks; what is
//! written between two looks is the overshoot, and the engine's floor of free space stands behind it.

use std::time::Duration;

use sandbox::Sandbox;

use crate::{
    site::{Infra, Site},
    workspace,
};

/// Between two looks: a look walks the trees, and its cost is the trial's.
const PAUSE: Duration = Duration::from_secs(5);

/// Entries looked at inside the container: a tree of more is measured in part, and only grows.
const ENTRIES: u64 = 300_000;

/// Where a task's programs write, beside the work tree.
const WRITABLE: [&str; 4] = ["/tmp", "/var/tmp", "/root", "/home"];

/// Bytes of disk in use: those of the container's own layer, wherever they were written; where we may not read that,
/// those that its guest finds in the work tree and the usual places.
///
/// # Errors
/// If the guest is asked and is gone.
pub(crate) async fn used(site: &Site<'_>, sandbox: &dyn Sandbox) -> Result<u64, Infra> {
    if let Some(bytes) = sandbox.written().await {
        return Ok(bytes);
    }
    let mut roots: Vec<Vec<u8>> = workspace::roots(site).into_iter().map(Into::into).collect();
    roots.extend(WRITABLE.iter().map(|root| root.as_bytes().to_vec()));
    Ok(sandbox.guest().disk_usage(roots, ENTRIES).await?.bytes)
}

/// Resolves, with what to say of it, when more than the trial's limit is in use beyond what was `before`; never
/// otherwise.
pub(crate) async fn full(site: &Site<'_>, sandbox: &dyn Sandbox, before: u64) -> Result<String, Infra> {
    let limit = site.limits.disk_mb;
    loop {
        tokio::time::sleep(PAUSE).await;
        let used = used(site, sandbox).await?.saturating_sub(before);
        if used > limit << 20 {
            return Ok(format!("{} MiB of {limit} MiB of disk were used", used >> 20));
        }
    }
}
