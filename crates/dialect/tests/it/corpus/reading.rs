//! Reading answers as the gateway does: bytes in any chunks, or a whole body.

use dialect::{
    Dialect, Doubt, Reader, Severity,
    neutral::{Content, Response},
    sse,
    stream::{Delta, StreamError},
};
use serde_json::Value;

use super::{Piece, Told};

/// An answer as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub(super) response: Response,
    /// What was not carried and may matter, and all of it.
    pub(super) losses: Vec<String>,
    pub(super) noted: Vec<String>,
    pub(super) deltas: Vec<Delta>,
    pub(super) ended: bool,
    pub(super) doubted: bool,
}

/// The bytes of a stream.
pub(super) fn bytes(pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Event(name, Value::String(text)) => sse::write(name, text, &mut out),
            Piece::Event(name, data) => sse::write(name, &data.to_string(), &mut out),
            Piece::Raw(text) => out.extend_from_slice(text.as_bytes()),
        }
    }
    out
}

/// Reads a stream that comes in these chunks.
pub(super) fn streamed<'a>(
    dialect: Dialect,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> Result<Read, StreamError> {
    let (mut parser, mut reader) = (sse::Parser::new(1 << 20), Reader::new(dialect, "c1"));
    let (mut events, mut deltas) = (Vec::new(), Vec::new());
    for chunk in chunks {
        parser.push(chunk, &mut events).unwrap();
        for event in events.drain(..) {
            match reader.event(&event, &mut deltas) {
                // What comes after the end mark is of no account.
                Err(_) if reader.is_marked() => {}
                read => read?,
            }
        }
    }
    let ended = reader.is_marked() || reader.has_stopped();
    if ended {
        reader.end(reader.response().usage, &mut deltas);
    }
    Ok(Read::of(&reader, deltas, ended))
}

/// Reads a whole answer.
pub(super) fn whole(dialect: Dialect, body: &Value) -> Result<Read, String> {
    let mut reader = Reader::new(dialect, "c1");
    reader.whole(body.clone()).map_err(|error| error.to_string())?;
    let deltas = dialect::stream::deltas(&reader.response());
    Ok(Read::of(&reader, deltas, true))
}

impl Read {
    fn of(reader: &Reader, deltas: Vec<Delta>, ended: bool) -> Self {
        let response = reader.response();
        let usage = response.usage.unwrap_or_default();
        let unlikely =
            usage.input() == 0 || (usage.output + usage.reasoning == 0 && !response.content.is_empty());
        let lost = reader.losses().iter().filter(|loss| loss.severity == Severity::Change);
        Self {
            doubted: unlikely || reader.doubts().contains(&Doubt::CachedAboveInput),
            losses: lost.map(ToString::to_string).collect(),
            noted: reader.losses().iter().map(ToString::to_string).collect(),
            response,
            deltas,
            ended,
        }
    }
}

/// With the ids of calls by their place, after a look that they tell the calls apart.
pub(super) fn renumbered(mut response: Response) -> Result<Response, String> {
    let mut seen = Vec::new();
    for block in &mut response.content {
        if let Content::ToolCall { id, .. } = block {
            if id.is_empty() || seen.contains(id) {
                return Err(format!("the id `{id}` of a call tells nothing"));
            }
            seen.push(std::mem::replace(id, seen.len().to_string()));
        }
    }
    Ok(response)
}

/// A signature that came in a part of its own, after its thought, belongs to the thought: a stream cannot sign a text
/// that it has sent.
pub(super) fn signed(mut response: Response) -> Response {
    let mut content: Vec<Content> = Vec::with_capacity(response.content.len());
    for block in response.content {
        match (content.last_mut(), &block) {
            (
                Some(Content::Reasoning { text, signature: own @ None }),
                Content::Reasoning { text: none, signature },
            ) if !text.is_empty() && none.is_empty() => own.clone_from(signature),
            _ => content.push(block),
        }
    }
    response.content = content;
    response
}

/// Whether the counts are as believable as expected.
pub(super) fn believed(read: &Read, told: Told) -> Result<(), String> {
    match (read.doubted, told) {
        (true, Told::Believed) => Err("its usage is doubted".into()),
        (false, Told::Doubted) => Err(format!("its usage is believed: {:?}", read.response.usage)),
        _ => Ok(()),
    }
}
