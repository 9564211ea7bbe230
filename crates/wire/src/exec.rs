//! Running a program.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Capabilities;

/// Largest head or tail that can be asked for, in bytes: kept output lives in the container's memory limit.
pub const MAX_KEEP: u64 = 4 * 1024 * 1024;

/// A program to run. Names and values are bytes, as Linux has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// The program, looked up in the `PATH` of `env` if it has no slash, and its arguments.
    pub argv: Vec<Vec<u8>>,
    /// The whole environment; `HOME` is added from the user's record when missing.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// Working directory, absolute.
    pub cwd: Vec<u8>,
    /// Who runs it.
    pub user: User,
    /// Standard input: these bytes and then its end, or `/dev/null`.
    pub stdin: Option<serde_bytes::ByteBuf>,
    /// After this long every process it started is killed.
    pub time_limit: Option<Duration>,
    /// How much standard output to keep.
    pub stdout: Keep,
    /// Where standard error goes.
    pub stderr: Stderr,
    /// Also send output as it comes. A receiver that does not read makes the program wait.
    pub live: bool,
    /// What it may do.
    pub privileges: Privileges,
}

/// The user and group of a program, by number or by name in the container's own files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum User {
    /// The guest's own.
    #[default]
    Guest,
    /// As written in an image or a task: `name`, `uid`, `name:group`, `uid:gid`.
    Named(String),
}

/// A user as the container's files have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplementary group ids, ascending.
    pub groups: Vec<u32>,
    /// Home directory, `/` if the user has none.
    pub home: Vec<u8>,
}

/// How many bytes of a stream to keep from its beginning and its end; what lies between is counted and dropped.
/// Each is cut to [`MAX_KEEP`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Bytes from the beginning.
    pub head: u64,
    /// Bytes from the end.
    pub tail: u64,
}

/// Where standard error goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stderr {
    /// Into the same pipe as standard output, in the order written.
    Merged,
    /// Kept apart.
    Apart(Keep),
}

/// What a program may do at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Privileges {
    /// Capability bounding set; `None` leaves the container's.
    pub bounding: Option<Capabilities>,
    /// Whether set-uid programs are without effect.
    pub no_new_privileges: bool,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOutcome {
    /// The end.
    pub end: End,
    /// What it wrote to standard output (and error, if merged).
    pub stdout: Output,
    /// What it wrote to standard error.
    pub stderr: Output,
    /// From start to end of the main process; time frozen is left out.
    pub wall: Duration,
    /// User and system time of the main process and the children it waited for.
    pub cpu: Duration,
    /// Processes of the container that the kernel killed for memory meanwhile.
    pub oom_kills: u64,
    /// Times that the container's limit on processes refused one meanwhile.
    pub pids_refused: u64,
    /// Processes that could not be killed when the time was up.
    pub survivors: u32,
    /// A process left behind still had standard output or error open.
    pub output_held: bool,
}

/// The end of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It returned this exit code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// The time limit passed, and the whole tree was killed.
    TimedOut,
    /// The host asked for its end.
    Killed,
    /// It never ran.
    NotStarted {
        /// What failed.
        step: StartStep,
        /// The error number of the system, 0 where a rule of ours refused.
        errno: i32,
        /// What it was about: a path, a user.
        subject: String,
    },
}

/// In words, as a sentence about the program: `it returned 3`.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "it returned {code}"),
            Self::Signalled(signal) => write!(f, "signal {signal} ended it"),
            Self::TimedOut => f.write_str("it ran into its time limit"),
            Self::Killed => f.write_str("it was killed"),
            Self::NotStarted { step, errno, subject } => {
                f.write_str("it could not be started: ")?;
                match step {
                    StartStep::Request => f.write_str(subject)?,
                    StartStep::User => write!(f, "there is no {subject}")?,
                    StartStep::Pipe => f.write_str("no pipe could be made")?,
                    StartStep::Fork => f.write_str("no process could be made")?,
                    StartStep::Privileges => f.write_str("its privileges could not be set")?,
                    StartStep::Cwd => write!(f, "its directory `{subject}` could not be entered")?,
                    StartStep::Program => write!(f, "`{subject}` could not be executed")?,
                }
                match errno {
                    0 => Ok(()),
                    errno => write!(f, ": {}", std::io::Error::from_raw_os_error(*errno)),
                }
            }
        }
    }
}

/// The step at which a start failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartStep {
    /// The request itself: no program, a zero byte in a string.
    Request,
    /// The user or group is not in the container's files.
    User,
    /// No pipe could be made.
    Pipe,
    /// No process could be made: with `EAGAIN` the limit on processes is reached.
    Fork,
    /// Capabilities, groups or user could not be set.
    Privileges,
    /// The working directory could not be entered.
    Cwd,
    /// The program could not be executed.
    Program,
}

/// What is kept of an output stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Output {
    /// The first bytes; everything if nothing was dropped and it fits.
    #[serde(with = "serde_bytes")]
    pub head: Vec<u8>,
    /// The last bytes, those in `head` not repeated.
    #[serde(with = "serde_bytes")]
    pub tail: Vec<u8>,
    /// Bytes between `head` and `tail` that were dropped.
    pub dropped: u64,
}

impl Output {
    /// Head and tail put together, with nothing to mark what was dropped.
    pub fn kept(&self) -> Vec<u8> {
        [self.head.as_slice(), self.tail.as_slice()].concat()
    }
}

impl ExecRequest {
    /// `argv` with an empty environment, in `/`, as the guest's own user, 64 KiB head and tail of both streams kept
    /// apart, no time limit, the container's privileges.
    pub fn new<Arg: Into<Vec<u8>>>(argv: impl IntoIterator<Item = Arg>) -> ExecRequest {
        let keep = Keep { head: 64 * 1024, tail: 64 * 1024 };
        ExecRequest {
            argv: argv.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            cwd: b"/".to_vec(),
            user: User::Guest,
            stdin: None,
            time_limit: None,
            stdout: keep,
            stderr: Stderr::Apart(keep),
            live: false,
            privileges: Privileges::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_started_is_told_in_words() {
        for (step, errno, subject, said) in [
            (StartStep::User, 0, "group `x`", "there is no group `x`"),
            (StartStep::Request, 0, "no program is named", "no program is named"),
            (StartStep::Program, 2, "x", "`x` could not be executed: No such file or directory (os error 2)"),
            (
                StartStep::Fork,
                11,
                "fork",
                "no process could be made: Resource temporarily unavailable (os error 11)",
            ),
        ] {
            let end = End::NotStarted { step, errno, subject: subject.to_owned() };
            assert_eq!(end.to_string(), format!("it could not be started: {said}"));
        }
    }
}
