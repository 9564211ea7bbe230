//! One recorded body, and why it may be unreadable.

use dialect::{AnswerError, DecodeError, Dialect, neutral};
use ledger::{BlobStore, CallRecord, Digest, blobs::BlobError};
use serde_json::Value;

/// Largest body that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// A recorded body.
#[derive(Debug)]
pub struct Body<T> {
    /// What it is stored under.
    pub digest: Digest,
    /// What it holds.
    pub content: Result<T, Unreadable>,
}

/// Why a recorded body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is missing, damaged, or larger than 64 MiB.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It is no request of its dialect.
    #[error("it is no request of its dialect: {0}")]
    Request(#[from] DecodeError),
    /// It is no answer of its dialect.
    #[error("it is no answer of its dialect: {0}")]
    Answer(#[from] AnswerError),
    /// It is the error that its client was given, and no answer of a model.
    #[error("it is an error, with status {0}")]
    Refused(u16),
    /// The bodies of the trial before it hold as much as is kept of one trial.
    #[error("the trial's earlier bodies hold {0} bytes, and no more is kept")]
    TooMuch(usize),
}

impl<T> Body<T> {
    /// The content; `None` when it cannot be read.
    pub fn read(&self) -> Option<&T> {
        self.content.as_ref().ok()
    }

    pub(crate) fn try_map<U>(self, with: impl FnOnce(T) -> Result<U, Unreadable>) -> Body<U> {
        Body { digest: self.digest, content: self.content.and_then(with) }
    }
}

/// A call's request as its client sent it; `None` when none was recorded.
pub fn request(blobs: &BlobStore, call: &CallRecord) -> Option<Body<neutral::Request>> {
    body(blobs, call, call.request.as_ref(), |dialect, body| {
        let value: Value = serde_json::from_slice(body)?;
        Ok(dialect::decode_request(dialect, value)?.value)
    })
}

/// A call's answer as its client got it, whole or streamed; `None` when none was recorded.
pub fn response(blobs: &BlobStore, call: &CallRecord) -> Option<Body<neutral::Response>> {
    body(blobs, call, call.response.as_ref(), |dialect, body| {
        if call.status >= 400 {
            return Err(Unreadable::Refused(call.status));
        }
        Ok(dialect::read_answer(dialect, body)?)
    })
}

fn body<T>(
    blobs: &BlobStore,
    call: &CallRecord,
    digest: Option<&Digest>,
    decode: impl FnOnce(Dialect, &[u8]) -> Result<T, Unreadable>,
) -> Option<Body<T>> {
    let digest = digest?.clone();
    let body = blobs.get_at_most(&digest, LARGEST).map_err(Unreadable::Blob);
    let content = body.and_then(|body| decode(call.dialect, &body));
    Some(Body { digest, content })
}
