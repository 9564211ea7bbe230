//! An answer as it was recorded, read back.

use vocabulary::Dialect;

use crate::{
    codec::{decode_response, stream_decoder},
    fields::DecodeError,
    neutral::Response,
    sse::Parser,
    stream::{Accumulator, StreamError},
};

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
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(decode_response(dialect, value)?.value);
    }
    let mut decoder = stream_decoder(dialect)?;
    let mut events = Vec::new();
    let read = Parser::new(body.len() + 1).push(body, &mut events);
    read.map_err(|error| StreamError::Malformed(error.to_string()))?;
    let mut answer = Accumulator::default();
    let mut deltas = Vec::new();
    for event in &events {
        decoder.event(event, &mut deltas)?;
    }
    deltas.iter().for_each(|delta| answer.add(delta));
    Ok(answer.response())
}
