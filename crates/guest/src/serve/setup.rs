//! What the guest changes about itself before it serves.

use std::os::fd::OwnedFd;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Fatal;

/// Capacity of the pipe to the host: what waits in it is before the most urgent.
const STREAM_PIPE: usize = 256 * 1024;

/// Open files the guest wants for itself.
const OPEN_FILES: u64 = 16 * 1024;

/// The guest's own descriptors.
pub(super) struct Streams {
    pub(super) input: OwnedFd,
    pub(super) output: OwnedFd,
    /// `/dev/null` as it was before anything ran: what its name leads to later is the container's affair.
    pub(super) null: OwnedFd,
}

/// Moves the streams of frames where no child can inherit them, and puts `/dev/null` in their place.
pub(super) fn take_stdio() -> Result<Streams, Fatal> {
    let input = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let output = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::io::ioctl_fionbio(&input, true)?;
    rustix::io::ioctl_fionbio(&output, true)?;
    // Fewer turns for much data; where it is no pipe, or a system refuses, it works as well.
    let _ = rustix::pipe::fcntl_setpipe_size(&output, STREAM_PIPE);
    Ok(Streams { input, output, null: std::fs::File::open("/dev/null")?.into() })
}

/// Raises the guest's own limit, and returns what it was, for the children.
pub(super) fn raise_open_files() -> Option<(u64, u64)> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (current, hard) = (current?, maximum.unwrap_or(u64::MAX));
    if current < OPEN_FILES.min(hard) {
        let raised = Rlimit { current: Some(OPEN_FILES.min(hard)), maximum };
        setrlimit(Resource::Nofile, raised).ok()?;
    }
    Some((current, hard))
}
