//! An answer on its way: what was read of it, and what was odd about it.

use dialect::{Dialect, Loss, Reader, neutral::Response, stream::Accumulator};

/// What came of a provider's answer, kept while it comes: a call may be cut off at any point.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What was read of it.
    pub(crate) reader: Option<Reader>,
    /// What a simulated model said.
    pub(crate) simulated: Accumulator,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// What was odd, in words.
    pub(crate) notes: Vec<String>,
    /// What the client's dialect has no place for.
    pub(crate) losses: Vec<Loss>,
}

impl Answer {
    /// The answer so far.
    pub(crate) fn response(&self) -> Response {
        match &self.reader {
            Some(reader) => reader.response(),
            None => self.simulated.clone().response(),
        }
    }

    /// Whether the dialect's end mark was seen.
    pub(crate) fn is_marked(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::is_marked)
    }

    /// Whether nothing can be missing but the end of the connection. Of Gemini's answers that is never known: some
    /// servers give a reason to stop with every chunk.
    pub(crate) fn is_all_there(&self, outbound: Dialect) -> bool {
        let has_stopped = self.reader.as_ref().is_some_and(Reader::has_stopped);
        self.is_marked() || (outbound != Dialect::Gemini && has_stopped)
    }
}
