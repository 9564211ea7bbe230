//! The limit on disk. Common file systems under the engine have no quota, so every few seconds somebody looks; what is
//! written between two looks is the overshoot, and the engine's floor of free space stands behind it.

use std::time::Duration;

use gateway::Session;
use sandbox::{Sandbox, Written};

use crate::{
    container::{site::Site, workspace},
    no_verdict::NoVerdict,
};

/// Between two looks: a look walks the trees, and its cost is the trial's.
const PAUSE: Duration = Duration::from_secs(5);

/// Entries looked at inside the container.
const ENTRIES: u64 = 500_000;

/// Where a task's programs write, beside the work tree.
const WRITABLE: [&str; 4] = ["/tmp", "/var/tmp", "/root", "/home"];

/// A container's disk, from a moment on.
pub(crate) struct Watch<'a> {
    sandbox: &'a dyn Sandbox,
    /// In MiB.
    limit: u64,
    /// Where its guest looks; nowhere, when the container's own layer can be read, wherever it is written to.
    places: Option<Vec<Vec<u8>>>,
    before: u64,
}

/// Measures what is there. To be called before anything is started that may write.
///
/// # Errors
/// If the guest is asked and is gone.
pub(crate) async fn watch<'a>(site: &Site<'_>, sandbox: &'a dyn Sandbox) -> Result<Watch<'a>, NoVerdict> {
    let mut watch = Watch { sandbox, limit: site.limits.disk_mb, places: None, before: 0 };
    if let Some(written) = sandbox.written().await {
        return Ok(Watch { before: written.bytes, ..watch });
    }
    let mut places: Vec<Vec<u8>> = workspace::roots(site).into_iter().map(Into::into).collect();
    places.extend(WRITABLE.iter().map(|root| root.as_bytes().to_vec()));
    places.extend(sandbox.volumes().await.into_iter().map(String::into_bytes));
    watch.places = Some(places);
    let before = watch.look().await?.map_or(0, |written| written.bytes);
    Ok(Watch { before, ..watch })
}

impl Watch<'_> {
    /// Resolves, with what to say of it, when more than the limit has been written since the watch began; never
    /// otherwise. What is kept of the calls of `session` counts too: it lies on the same disk.
    ///
    /// # Errors
    /// If the guest is asked and is gone.
    pub(crate) async fn full(&self, session: Option<&Session>) -> Result<String, NoVerdict> {
        let limit = self.limit;
        let calls_alone = async {
            match session {
                Some(session) => session.full().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(calls_alone);
        loop {
            let is_full = tokio::select! {
                () = &mut calls_alone => true,
                () = tokio::time::sleep(PAUSE) => false,
            };
            let kept = session.map_or(0, Session::stored);
            if is_full {
                return Ok(format!(
                    "{} MiB of {limit} MiB of disk were used by what its calls said",
                    kept >> 20
                ));
            }
            // An engine that is away for a moment does not make us measure something else.
            let Some(now) = self.look().await? else { continue };
            let used = now.bytes.saturating_sub(self.before).saturating_add(kept);
            if used > limit << 20 {
                let by_calls =
                    if kept >> 20 > 0 { format!(", {} of them by calls", kept >> 20) } else { String::new() };
                return Ok(format!("{} MiB of {limit} MiB of disk were used{by_calls}", used >> 20));
            }
            if !now.whole {
                return Ok("more files, or folders in each other, than can be measured".to_owned());
            }
        }
    }

    async fn look(&self) -> Result<Option<Written>, NoVerdict> {
        let Some(places) = &self.places else { return Ok(self.sandbox.written().await) };
        let usage = self.sandbox.guest().disk_usage(places.clone(), ENTRIES).await?;
        // The image's own files are among them: what is beyond measure is not the trial's alone.
        Ok(Some(Written { bytes: usage.bytes, whole: true }))
    }
}
