//! How a provider cuts a streamed answer into events.

pub(crate) use dialect::sse::Event;

use dialect::sse::{Parser, TooLarge};

/// Largest event of a stream, in bytes.
pub(super) const LARGEST_EVENT: usize = 16 << 20;

/// Bytes as a provider sends them, to events. One for each answer.
pub(crate) trait Framing: Send {
    /// Reads the next bytes; complete events are added to `events`.
    ///
    /// # Errors
    /// When the bytes are no stream of this framing, in words. Events complete before it have been added.
    fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), String>;

    /// Whether the last byte read ended an event: something may be put in here.
    fn at_boundary(&self) -> bool;

    /// Whether clients read the same framing: then bytes are passed on as they come.
    fn is_the_clients(&self) -> bool;
}

/// Server-sent events, which clients of every dialect read.
pub(crate) struct ServerSent {
    parser: Parser,
}

impl ServerSent {
    pub(crate) fn new() -> Self {
        Self { parser: Parser::new(LARGEST_EVENT) }
    }
}

impl Framing for ServerSent {
    fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), String> {
        self.parser.push(bytes, events).map_err(|error: TooLarge| error.to_string())
    }

    fn at_boundary(&self) -> bool {
        self.parser.at_boundary()
    }

    fn is_the_clients(&self) -> bool {
        true
    }
}
