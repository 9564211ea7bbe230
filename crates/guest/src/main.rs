//! The guest: PID 1 of every container. It starts programs, kills what they leave, moves files, and carries loopback
//! connections to the host, all over frames on its standard input and output.
//!
//! Must never block on anything but `poll`, fork in order to kill, let a child inherit its streams, trust what the
//! container's processes can write, or link an async runtime. One thread: with a full limit on processes everything
//! but starting programs still works.
#![expect(clippy::disallowed_methods, reason = "the guest carries no library that it can do without")]

mod capture;
mod cgroup;
mod collect;
mod dns;
mod exec;
mod outbox;
mod processes;
mod put;
mod remove;
mod routes;
mod serve;
mod sweep;
mod sys;
mod tunnel;
mod users;
mod walk;

use std::process::ExitCode;

use rustix::process::{DumpableBehavior, set_child_subreaper, set_dumpable_behavior};

/// What is said of a runtime in which every record could be forged.
const OPEN_STREAMS: &[u8] =
    b"this runtime lets programs of a container write to the streams of its first process\n";

fn main() -> ExitCode {
    // First of all: whoever may trace this process or open its descriptors could forge its frames.
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        return ExitCode::from(70);
    }
    sys::stand_apart();
    sys::keep_descriptors();
    let is_init = std::process::id() == 1;
    match (is_init, std::env::args().nth(1).as_deref()) {
        (true, None) if sys::child_reaches_streams() => {
            let _ = rustix::io::write(rustix::stdio::stderr(), OPEN_STREAMS);
            return ExitCode::from(72);
        }
        (true, None) => sys::loopback_up(),
        // For tests without a container: orphans come to this process, and to kill all is to kill its descendants.
        (false, Some("--not-init")) => {
            if set_child_subreaper(Some(rustix::process::getpid())).is_err() {
                return ExitCode::from(71);
            }
        }
        _ => return ExitCode::from(64),
    }
    cgroup::hold();
    match serve::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}
