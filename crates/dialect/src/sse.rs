//! Server-sent events: an incremental parser that gives the same events however the bytes are split.
//!
//! Lines end with LF, CRLF or CR; a byte-order mark at the start, comments, `id` and `retry` are passed over; bytes
//! that are no UTF-8 become U+FFFD. What an event may hold is bounded.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type; empty when it has none.
    pub event: String,
    /// Its data, lines joined with LF.
    pub data: String,
}

/// An event grew beyond the parser's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {limit} bytes")]
pub struct TooLarge {
    /// The limit, in bytes.
    pub limit: usize,
}

/// Bytes to events.
#[derive(Clone, Debug)]
pub struct Parser {
    limit: usize,
    line: Vec<u8>,
    event: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    first_line: bool,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Parser {
    /// A parser for events of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            event: Vec::new(),
            data: Vec::new(),
            has_data: false,
            first_line: true,
            after_cr: false,
        }
    }

    /// Reads the next bytes; complete events are added to `events`.
    ///
    /// # Errors
    /// When an event grows beyond the limit. Events complete before it have been added.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            if bytes[0] == b'\n' {
                bytes = &bytes[1..];
            }
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.grow(&bytes[..end])?;
            self.end_line(events);
            let ended_by_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if ended_by_cr {
                match bytes.first() {
                    Some(b'\n') => bytes = &bytes[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
        }
        self.grow(bytes)
    }

    /// Whether the last byte read ended an event or a comment between events: something may be put in here.
    pub fn at_boundary(&self) -> bool {
        self.line.is_empty() && self.event.is_empty() && !self.has_data
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        if self.line.len() + self.data.len() + self.event.len() + bytes.len() > self.limit {
            return Err(TooLarge { limit: self.limit });
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let mut line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.first_line) && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        if line.is_empty() {
            self.end_event(events);
        } else {
            self.field(&line);
        }
        // The buffer is kept: most lines of a stream are about as long.
        line.clear();
        self.line = line;
    }

    fn field(&mut self, line: &[u8]) {
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.event = value.to_vec(),
            _ => {}
        }
    }

    fn end_event(&mut self, events: &mut Vec<Event>) {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        if std::mem::take(&mut self.has_data) {
            events.push(Event { event: text(event), data: text(data) });
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// Writes an event. `event` is left out when empty; `data` must hold no line breaks, as compact JSON does not.
pub fn write(event: &str, data: &str, out: &mut Vec<u8>) {
    if !event.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(event.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data.as_bytes());
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(chunks: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::new(1 << 16);
        let mut events = Vec::new();
        for chunk in chunks {
            parser.push(chunk, &mut events).unwrap();
        }
        events
    }

    fn event(event: &str, data: &str) -> Event {
        Event { event: event.into(), data: data.into() }
    }

    #[test]
    fn line_ends_comments_and_marks() {
        let stream = b"\xef\xbb\xbfevent: a\r\ndata: 1\r\n\r\n: comment\n\ndata:2\ndata\ndata:  3\n\nid: 7\nretry: 5\nevent: lost\n\ndata: 4\r\rdata: \xff\n\ndata: cut";
        let expected = [event("a", "1"), event("", "2\n\n 3"), event("", "4"), event("", "\u{fffd}")];
        assert_eq!(parse(&[stream]), expected);
    }

    #[test]
    fn every_split_in_two_gives_the_same_events() {
        let stream = b"\xef\xbb\xbfevent: a\r\ndata: \xe2\x82\xac\r\n\r\n:c\rdata: 2\n\n\n\ndata: 3\r\n\n";
        let whole = parse(&[stream]);
        assert_eq!(whole.len(), 3);
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            assert_eq!(parse(&[left, right]), whole, "split at {at}");
        }
    }

    #[test]
    fn an_event_is_bounded_and_what_came_before_it_is_kept() {
        let mut parser = Parser::new(16);
        let mut events = Vec::new();
        let flood = b"data: ok\n\ndata: 0123456789\ndata: 0123456789\n\n";
        assert_eq!(parser.push(flood, &mut events), Err(TooLarge { limit: 16 }));
        assert_eq!(events, [event("", "ok")]);
    }

    #[test]
    fn boundaries_are_between_events_only() {
        let mut parser = Parser::new(100);
        let mut at_boundary = |bytes: &[u8]| {
            parser.push(bytes, &mut Vec::new()).unwrap();
            parser.at_boundary()
        };
        assert!(at_boundary(b""));
        assert!(!at_boundary(b"da"));
        assert!(!at_boundary(b"ta: 1\n"));
        assert!(at_boundary(b"\n"));
        assert!(at_boundary(b": comment\n"));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_give_the_same_events(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()), Just(b":".to_vec()),
                    Just(b"data: ".to_vec()), Just(b"event:".to_vec()), Just(b"\xef\xbb\xbf".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ], 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let stream = pieces.concat();
            let whole = parse(&[&stream]);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            cuts.push(stream.len());
            let mut start = 0;
            let mut chunks = Vec::new();
            for cut in cuts {
                chunks.push(&stream[start..cut]);
                start = cut;
            }
            prop_assert_eq!(parse(&chunks), whole.clone());
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            prop_assert_eq!(parse(&bytes), whole);
        }
    }
}
