//! An answer as it was recorded, read back.

use vocabulary::Dialect;

use crate::{fields::DecodeError, neutral::Response, reader::Reader, sse, stream::StreamError};

/// Why a recorded answer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// A whole one is not of the dialect.
    #[error(transparent)]
    Whole(#[from] DecodeError),
    /// A streamed one is not, or the provider reported an error in it.
    #[error(transparent)]
    Streamed(#[from] StreamError),
}

/// Reads the body of an answer, whole or streamed. Of a stream that breaks off, what came.
///
/// # Errors
/// When it is not of the dialect, or the provider reported an error within it.
pub fn read_answer(dialect: Dialect, body: &[u8]) -> Result<Response, AnswerError> {
    let mut reader = Reader::new(dialect, "");
    if let Ok(value) = serde_json::from_slice(body) {
        reader.whole(value)?;
        return Ok(reader.response());
    }
    let mut events = Vec::new();
    let read = sse::Parser::new(body.len() + 1).push(body, &mut events);
    read.map_err(|error| StreamError::Malformed(error.to_string()))?;
    let mut deltas = Vec::new();
    for event in &events {
        reader.event(event, &mut deltas)?;
        deltas.clear();
    }
    let is_json =
        |event: &sse::Event| event.data.trim_start().starts_with('{') || event.data.trim() == "[DONE]";
    if !events.is_empty() && !events.iter().any(is_json) {
        return Err(StreamError::Malformed("no event of it is JSON".into()).into());
    }
    if reader.is_marked() || reader.has_stopped() {
        reader.end(None, &mut deltas);
    }
    Ok(reader.response())
}
