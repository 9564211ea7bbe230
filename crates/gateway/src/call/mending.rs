//! A stream passed on in its own dialect, event by event: as it came, or put right where the server wrote it otherwise
//! than the dialect has it. A client that reads the dialect strictly then reads what is recorded.

use dialect::{Reader, stream::StreamEncoder};
use serde_json::Value;

use crate::{framing, provider::Event};

/// What the record says where something was put right.
pub(super) const NOTE: &str = "the answer was put right for the client";

/// How what is read reaches the client.
pub(super) enum Carried {
    /// In the provider's own bytes. Those that came before the first event was complete are kept: nothing is passed
    /// on until it is known not to be an error.
    AsItCame { begun: Vec<u8> },
    /// In the provider's own events, put right where they are odd.
    Mended(Mending),
    /// In the provider's events, framed anew.
    Reframed,
    /// In another dialect.
    Translated(Box<dyn StreamEncoder>),
}

/// What is being passed on.
pub(super) struct Mending {
    /// Whether chunks that hold usage only are kept from the client.
    drop_usage: bool,
    /// Bytes of the event that has begun.
    begun: Vec<u8>,
    /// What the event that has begun becomes, where it does not stay as it came.
    instead: Option<Vec<u8>>,
    /// The end mark and what came after it: kept, since something may be missing before it.
    mark: Vec<u8>,
    /// Whether what follows may be the LF of a CR that ended an event which did not stay.
    cut_line_end: bool,
    /// Whether something was put right.
    pub(super) mended: bool,
}

impl Mending {
    pub(super) fn new(drop_usage: bool) -> Self {
        Self {
            drop_usage,
            begun: Vec::new(),
            instead: None,
            mark: Vec::new(),
            cut_line_end: false,
            mended: false,
        }
    }

    /// Takes bytes, which end at most one event.
    pub(super) fn begin(&mut self, bytes: &[u8]) {
        // The rest of the line end that ended an event which did not stay.
        if !std::mem::take(&mut self.cut_line_end) || bytes != b"\n" {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// Takes an event that ended with them, and that was read.
    pub(super) fn event(&mut self, event: &Event, reader: &mut Reader) {
        if self.drop_usage && usage_only(event) {
            self.instead.get_or_insert_default();
        } else if let Some(right) = reader.mended(event) {
            framing::write(&right, self.instead.get_or_insert_default());
            self.mended = true;
        }
    }

    /// Passes on what has begun, at the end of an event.
    pub(super) fn end_event(&mut self, is_marked: bool, pass: &mut Vec<u8>) {
        let came = std::mem::take(&mut self.begun);
        self.cut_line_end = self.instead.is_some() && came.ends_with(b"\r");
        let bytes = self.instead.take().unwrap_or(came);
        if is_marked { &mut self.mark } else { pass }.extend_from_slice(&bytes);
    }

    /// Ends the stream.
    pub(super) fn end(&mut self, reader: &Reader, last: &mut Vec<u8>) {
        let missing = reader.closing();
        self.mended |= missing.is_some();
        missing.iter().for_each(|event| framing::write(event, last));
        last.append(&mut self.mark);
        last.append(&mut self.begun);
    }
}

/// A chunk of `openai-chat` that holds usage and nothing else.
pub(super) fn usage_only(event: &Event) -> bool {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    data["usage"].is_object() && data["choices"].as_array().is_none_or(Vec::is_empty)
}
