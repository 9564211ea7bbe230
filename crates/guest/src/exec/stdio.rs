//! The pipes of a program.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use wire::{Keep, Kind, SendWindow, StartStep};

use crate::capture::Capture;
use crate::outbox::Outbox;
use crate::users::StartError;

/// Standard input still to be written.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) pipe: OwnedFd,
    bytes: Vec<u8>,
    written: usize,
}

impl Feed {
    pub(super) fn new(pipe: OwnedFd, bytes: Vec<u8>) -> Feed {
        Feed { pipe, bytes, written: 0 }
    }

    /// Writes what the pipe takes. True when nothing is left to be written.
    pub(super) fn write(&mut self) -> bool {
        match rustix::io::write(&self.pipe, &self.bytes[self.written..]) {
            Ok(bytes) => self.written += bytes,
            Err(Errno::AGAIN | Errno::INTR) => {}
            // The program closed its standard input: its right.
            Err(_) => self.written = self.bytes.len(),
        }
        self.written == self.bytes.len()
    }
}

/// One output stream.
#[derive(Debug)]
pub(super) struct Stream {
    kind: Kind,
    pub(super) pipe: Option<OwnedFd>,
    pub(super) readable: bool,
    pub(super) capture: Capture,
    /// Bytes that were in the pipe when the main process ended, and are not read yet.
    pub(super) owed: u64,
}

impl Stream {
    /// The guest's side and the child's.
    pub(super) fn new(kind: Kind, keep: Keep) -> Result<(Stream, OwnedFd), StartError> {
        let (reader, writer) = pipe()?;
        nonblocking(&reader)?;
        Ok((
            Stream { kind, pipe: Some(reader), readable: false, capture: Capture::new(keep), owed: 0 },
            writer,
        ))
    }

    pub(super) fn pump(
        &mut self,
        channel: u32,
        mut live: Option<&mut SendWindow>,
        out: &mut Outbox,
        scratch: &mut [u8],
    ) {
        // Bounded, so that one loud program does not keep the guest from the rest.
        for turn in 0..4 {
            let Some(pipe) = self.pipe.as_ref().filter(|_| self.readable) else { return };
            let most = match &live {
                Some(_) if turn > 0 && !out.has_room() => 0,
                Some(window) => window.available().min(scratch.len()),
                None => scratch.len(),
            };
            if most == 0 {
                return;
            }
            match rustix::io::read(pipe, &mut scratch[..most]) {
                Ok(0) => {
                    self.pipe = None;
                    self.owed = 0;
                }
                Ok(bytes) => {
                    self.capture.push(&scratch[..bytes]);
                    self.owed = self.owed.saturating_sub(bytes as u64);
                    if let Some(window) = live.as_deref_mut() {
                        window.spend(bytes);
                        out.frame(channel, self.kind, &scratch[..bytes]);
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => {
                    self.readable = false;
                    self.owed = 0;
                }
            }
        }
    }
}

pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd), StartError> {
    pipe_with(PipeFlags::CLOEXEC)
        .map_err(|errno| StartError::new(StartStep::Pipe, errno.raw_os_error(), "pipe"))
}

pub(super) fn nonblocking(pipe: &OwnedFd) -> Result<(), StartError> {
    rustix::io::ioctl_fionbio(pipe, true)
        .map_err(|errno| StartError::new(StartStep::Pipe, errno.raw_os_error(), "pipe"))
}
