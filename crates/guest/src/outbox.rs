//! Frames on their way to the host.

use serde::Serialize;
use wire::{HELLO, Kind, encode, split};

/// Sources of bulk data are asked for more only below this, so that what matters more never waits behind much.
const ROOM: usize = 2 * wire::MAX_PAYLOAD;

#[derive(Debug)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    pub(crate) fn new() -> Outbox {
        Outbox { bytes: HELLO.to_vec(), sent: 0 }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.pending().len() < ROOM
    }

    pub(crate) fn message<T: Serialize>(&mut self, channel: u32, message: &T) {
        split(channel, message, &mut self.bytes);
    }

    pub(crate) fn frame(&mut self, channel: u32, kind: Kind, payload: &[u8]) {
        encode(channel, kind, payload, &mut self.bytes);
    }

    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(4 * ROOM);
            self.sent = 0;
        }
    }
}
