//! The command that becomes the guest, in namespaces of its own.

use std::path::Path;

use sandbox::{CAPABILITIES, GUEST_PLACE, StartSpec};
use tokio::process::Command;

const SCRIPT: &str = include_str!("namespaces.sh");

/// The command that becomes the guest, in `root`. Killed, it takes with it all that was started in there.
pub(crate) fn command(spec: &StartSpec, guest: &Path, root: &Path) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"])
        .args(["sh", "-c", SCRIPT, "namespaces"])
        .arg(root)
        .arg(spec.workdir.as_deref().unwrap_or("/app"))
        .arg(capabilities())
        .args([guest, GUEST_PLACE.as_ref()]);
    for pack in &spec.packs {
        command.arg(&pack.dir).arg(pack.at());
    }
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(&spec.env);
    command
}

/// As `setpriv` takes them: all but these are given up for good.
fn capabilities() -> String {
    let kept = CAPABILITIES.map(|name| format!(",+{}", name.to_lowercase()));
    format!("-all{}", kept.concat())
}
