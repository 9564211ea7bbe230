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

/// Resolves, with what to say of it, when more than the trial's limit has been written since it was called; never
/// otherwise. Measured is the container's own layer, wherever it was written to; where we may not read that, what its
/// guest finds in the work tree and the usual places.
///
/// # Errors
/// If the guest is asked and is gone.
pub(crate) async fn full(site: &Site<'_>, sandbox: &dyn Sandbox) -> Result<String, Infra> {
    let mut roots: Vec<Vec<u8>> = workspace::roots(site).into_iter().map(Into::into).collect();
    roots.extend(WRITABLE.iter().map(|root| root.as_bytes().to_vec()));
    let in_places =
        async || sandbox.guest().disk_usage(roots.clone(), ENTRIES).await.map(|usage| usage.bytes);
    let layer = sandbox.written().await;
    let before = match layer {
        Some(bytes) => bytes,
        None => in_places().await?,
    };
    let limit = site.limits.disk_mb;
    loop {
        tokio::time::sleep(PAUSE).await;
        // An engine that is away for a moment does not make us measure something else.
        let now = match layer {
            Some(_) => sandbox.written().await.unwrap_or(before),
            None => in_places().await?,
        };
        let used = now.saturating_sub(before);
        if used > limit << 20 {
            return Ok(format!("{} MiB of {limit} MiB of disk were used", used >> 20));
        }
    }
}
