//! How programs are started in a container: by a user, in a directory, with an environment.

use std::{collections::BTreeMap, time::Duration};

use agent::{Exit, Output, Ran, ShellError};
use async_trait::async_trait;
use sandbox::guest::Guest;
use wire::{End, ExecRequest, Keep, Privileges, Stderr, User};

/// Output kept of one command, in bytes of its head and of its tail: more than is ever shown.
const KEEP: Keep = Keep { head: 64 << 10, tail: 64 << 10 };

/// A container's guest as a shell.
#[derive(Clone)]
pub(crate) struct GuestShell {
    pub(crate) guest: Guest,
    pub(crate) workdir: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) user: User,
    /// Whether programs that run as their owner work: only in a container that was started for them.
    pub(crate) set_uid: bool,
}

impl GuestShell {
    /// A text for `bash -c`.
    pub(crate) fn bash(&self, command: &str) -> ExecRequest {
        self.request(vec![b"bash".to_vec(), b"-c".to_vec(), command.as_bytes().to_vec()])
    }

    /// A program to run as the user, in the task's directory and environment.
    pub(crate) fn request(&self, argv: Vec<Vec<u8>>) -> ExecRequest {
        ExecRequest {
            argv,
            env: self.env.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect(),
            cwd: self.workdir.clone().into(),
            user: self.user.clone(),
            stdin: None,
            time_limit: None,
            stdout: KEEP,
            stderr: Stderr::Merged,
            live: false,
            // In every arm, and in grading, what the container may.
            privileges: Privileges { bounding: None, no_new_privileges: !self.set_uid },
        }
    }
}

#[async_trait]
impl agent::Shell for GuestShell {
    async fn run(&self, command: &str, limit: Duration) -> Result<Ran, ShellError> {
        let request = ExecRequest { time_limit: Some(limit), ..self.bash(command) };
        let outcome = self.guest.exec(request).await.map_err(|error| ShellError(error.to_string()))?;
        let mut output =
            Output { head: outcome.stdout.head, dropped: outcome.stdout.dropped, tail: outcome.stdout.tail };
        let exit = match outcome.end {
            End::Exited(code) => Exit::Code(code),
            End::Signalled(signal) => Exit::Signal(signal),
            End::TimedOut | End::Killed => Exit::TimedOut,
            // What a shell says when it cannot start a program, so that the model can react (a full process table).
            end @ End::NotStarted { .. } => {
                output.tail.extend_from_slice(format!("bash: {end}\n").as_bytes());
                Exit::Code(126)
            }
        };
        Ok(Ran { exit, output, duration: outcome.wall })
    }
}
