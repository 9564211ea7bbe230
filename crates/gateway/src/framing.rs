//! The two forms of streams that clients read: server-sent events, and for clients of Gemini's that ask without
//! `alt=sse` one JSON array.

use bytes::Bytes;
use dialect::sse::{self, Event};

/// Most of one event, in bytes: what the relay lets through.
const LARGEST: usize = 64 << 20;

/// Writes an event as a server-sent one.
pub(crate) fn write(event: &Event, out: &mut Vec<u8>) {
    sse::write(&event.event, &event.data.replace('\n', "\ndata: "), out);
}

/// Where the last blank line ends in the bytes of server-sent events: what comes after it is no whole event yet.
pub(crate) fn last_boundary(bytes: &[u8]) -> usize {
    let blank: [&[u8]; 3] = [b"\n\n", b"\n\r\n", b"\r\r"];
    let ends = |end: &usize| blank.iter().any(|blank| bytes[..*end].ends_with(blank));
    (0..=bytes.len()).rev().find(ends).unwrap_or(0)
}

/// Turns events into the elements of an array, piece by piece.
pub(crate) struct Array {
    parser: sse::Parser,
    begun: bool,
}

impl Array {
    pub(crate) fn new() -> Self {
        Self { parser: sse::Parser::new(LARGEST), begun: false }
    }

    /// The elements that are complete with these bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Bytes {
        let mut events = Vec::new();
        let mut out = Vec::new();
        if self.parser.push(bytes, &mut events).is_err() {
            // What is too large was refused where it came in.
            return out.into();
        }
        for event in events.iter().filter(|event| !event.data.is_empty()) {
            out.push(if self.begun { b',' } else { b'[' });
            out.extend_from_slice(event.data.as_bytes());
            self.begun = true;
        }
        out.into()
    }

    /// The last elements, and the array's end.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Bytes {
        let mut out = self.push(bytes).to_vec();
        out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_behind_a_blank_line() {
        for (bytes, end) in [
            ("data: 1", 0),
            ("data: 1\n\ndata", 9),
            ("data: 1\r\n\r\nd", 11),
            ("a\r\rb", 3),
            ("a\n\n", 3),
            ("", 0),
        ] {
            assert_eq!(last_boundary(bytes.as_bytes()), end, "{bytes:?}");
        }
    }

    #[test]
    fn events_become_elements_however_they_are_cut() {
        let events = b"data: {\"a\":1}\n\n: keep-alive\n\ndata: {\"b\":2}\n\n";
        for at in 0..events.len() {
            let mut array = Array::new();
            let mut out = array.push(&events[..at]).to_vec();
            out.extend_from_slice(&array.end(&events[at..]));
            assert_eq!(out, br#"[{"a":1},{"b":2}]"#);
        }
        assert_eq!(Array::new().end(b""), &b"[]"[..]);
    }
}
