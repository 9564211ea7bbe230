//! What comes from the provider: its bytes, and what its headers say of them.

use bytes::Bytes;
use dialect::ErrorKind;

use super::{answer::Answer, way::Way};
use crate::{
    provider::Failure,
    reply::{JSON, Reply},
};

/// The next bytes; `None` at the body's end. `between_events`: whether the client may be sent a sign of life.
///
/// # Errors
/// Why nothing more comes, in words.
pub(super) async fn next(
    upstream: &mut reqwest::Response,
    way: Way<'_>,
    between_events: bool,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Option<Bytes>, String> {
    let chunk = tokio::time::timeout(way.silence, upstream.chunk());
    match reply.while_waiting(between_events, chunk).await {
        Ok(Ok(chunk)) => {
            answer.bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            Ok(chunk)
        }
        Ok(Err(_)) => Err("the connection to the provider broke".into()),
        Err(_) => Err("the provider fell silent".into()),
    }
}

pub(super) fn content_type(upstream: &reqwest::Response) -> String {
    let value = upstream.headers().get(http::header::CONTENT_TYPE);
    value.and_then(|value| value.to_str().ok()).unwrap_or(JSON).to_owned()
}

/// Encodings were asked not to be used; what is compressed cannot be metered.
pub(super) fn refuse_encoding(upstream: &reqwest::Response) -> Result<(), Failure> {
    let encoding = upstream.headers().get(http::header::CONTENT_ENCODING);
    match encoding.and_then(|value| value.to_str().ok()) {
        None | Some("identity" | "") => Ok(()),
        Some(encoding) => {
            let why = format!("the provider sent content-encoding `{encoding}` though none was asked for");
            Err(Failure::new(ErrorKind::Upstream, why).after_work())
        }
    }
}

/// What a body is, is told by how it begins: servers err in its type.
pub(super) fn is_json(begin: &[u8]) -> bool {
    matches!(begin.trim_ascii_start(), [b'{' | b'[', ..])
}
