//! A program under way.

use bytes::Bytes;
use tokio::sync::mpsc;
use wire::{ExecOutcome, Kind, Reply, Request};

use super::error::GuestError;
use super::link::{Channel, Incoming};

/// A program that was started. Dropping it before its outcome is known kills everything the program started.
#[derive(Debug)]
pub struct Running {
    channel: Channel,
}

/// Live output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputChunk {
    /// From standard output, and from standard error if merged.
    Stdout(Bytes),
    /// From standard error.
    Stderr(Bytes),
}

/// What a program did next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It wrote; only if its request said `live`.
    Output(OutputChunk),
    /// It ended. Nothing follows.
    Ended(Box<ExecOutcome>),
}

/// Commands for a running program, to be used from anywhere.
#[derive(Debug, Clone)]
pub struct Steering {
    sender: mpsc::WeakUnboundedSender<Vec<u8>>,
    channel: u32,
}

impl Running {
    pub(super) fn new(channel: Channel) -> Running {
        Running { channel }
    }

    /// What comes next. Cancel-safe. A program whose live output is not asked for waits when the window is full.
    ///
    /// # Errors
    /// If the stream to the guest is lost.
    pub async fn next(&mut self) -> Result<Progress, GuestError> {
        loop {
            match self.channel.next().await? {
                Incoming::Frame(kind @ (Kind::Data | Kind::Stderr), bytes) => {
                    self.channel.consumed(bytes.len());
                    let chunk = if kind == Kind::Data { OutputChunk::Stdout } else { OutputChunk::Stderr };
                    return Ok(Progress::Output(chunk(bytes)));
                }
                Incoming::Frame(..) => {}
                Incoming::Reply(Reply::Exec(outcome)) => return Ok(Progress::Ended(outcome)),
                Incoming::Reply(Reply::Failed(failure)) => return Err(failure.into()),
                Incoming::Reply(other) => return Err(GuestError::unexpected(&other)),
            }
        }
    }

    /// The outcome; output that comes live is passed over (what the request keeps is in the outcome).
    ///
    /// # Errors
    /// If the stream to the guest is lost.
    pub async fn outcome(mut self) -> Result<ExecOutcome, GuestError> {
        loop {
            if let Progress::Ended(outcome) = self.next().await? {
                return Ok(*outcome);
            }
        }
    }

    /// Commands for it.
    pub fn steering(&self) -> Steering {
        Steering { sender: self.channel.link.urgent(), channel: self.channel.id }
    }
}

impl Steering {
    /// Kills everything the program started; its outcome says [`wire::End::Killed`].
    pub fn kill(&self) {
        self.say(&Request::Kill);
    }

    /// Sends a signal to the program's process group.
    pub fn signal(&self, number: i32) {
        self.say(&Request::Signal(number));
    }

    fn say(&self, request: &Request) {
        if let Some(sender) = self.sender.upgrade() {
            let mut bytes = Vec::new();
            wire::split(self.channel, request, &mut bytes);
            let _ = sender.send(bytes);
        }
    }
}
