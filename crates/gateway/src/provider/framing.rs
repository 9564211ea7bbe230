//! How a provider cuts a streamed answer into events.

pub(crate) use dialect::sse::Event;

use dialect::sse::{Parser, TooLarge};

/// Largest event of a stream, in bytes.
const LARGEST_EVENT: usize = 16 << 20;

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

    /// Whether one more byte may belong to the event read last.
    fn awaits_a_byte(&self) -> bool {
        false
    }
}

/// Server-sent events, which clients of every dialect read.
pub(crate) struct ServerSent {
    parser: Parser,
    last: u8,
}

impl ServerSent {
    pub(crate) fn new() -> Self {
        Self { parser: Parser::new(LARGEST_EVENT), last: 0 }
    }
}

impl Framing for ServerSent {
    fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), String> {
        self.last = bytes.last().copied().unwrap_or(self.last);
        self.parser.push(bytes, events).map_err(|error: TooLarge| error.to_string())
    }

    fn at_boundary(&self) -> bool {
        self.parser.at_boundary()
    }

    fn is_the_clients(&self) -> bool {
        true
    }

    /// The LF of a CRLF.
    fn awaits_a_byte(&self) -> bool {
        self.last == b'\r'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_cut_in_two_awaits_its_other_half() {
        let mut framing = ServerSent::new();
        let mut events = Vec::new();
        let mut read = |bytes: &[u8]| {
            framing.read(bytes, &mut events).unwrap();
            (framing.awaits_a_byte(), framing.at_boundary(), events.len())
        };
        assert_eq!(read(b"data: 1\r\n\r"), (true, true, 1));
        assert_eq!(read(b""), (true, true, 1));
        assert_eq!(read(b"\n"), (false, true, 1));
        assert_eq!(read(b"data: 2"), (false, false, 1));
    }
}
