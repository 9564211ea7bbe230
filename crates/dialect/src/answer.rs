//! An answer as it was recorded, read back.

use vocabulary::Dialect;

use crate::{
    codec::{decode_response, stream_decoder},
    neutral::Response,
    sse::Parser,
    stream::Accumulator,
};

/// Reads the body of an answer, whole or streamed; `None` when it is not of the dialect.
pub fn read_answer(dialect: Dialect, body: &[u8]) -> Option<Response> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Some(decode_response(dialect, value).ok()?.value);
    }
    let mut decoder = stream_decoder(dialect).ok()?;
    let mut events = Vec::new();
    Parser::new(body.len() + 1).push(body, &mut events).ok()?;
    let mut answer = Accumulator::default();
    let mut deltas = Vec::new();
    for event in &events {
        decoder.event(event, &mut deltas).ok()?;
    }
    deltas.iter().for_each(|delta| answer.add(delta));
    Some(answer.response())
}
