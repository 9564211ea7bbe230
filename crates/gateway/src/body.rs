//! The body of an answer: a bounded channel of bytes, so that a slow client slows its upstream and a client that
//! hangs up is noticed.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;

/// Chunks that may wait for a slow client.
const CHUNKS: usize = 16;

/// The body of an answer, in the chunks in which it came.
#[derive(Debug)]
pub struct BodyStream(mpsc::Receiver<Result<Bytes, BodyError>>);

/// Why a body ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off: {0}")]
pub struct BodyError(pub String);

pub(crate) type BodySender = mpsc::Sender<Result<Bytes, BodyError>>;

impl BodyStream {
    pub(crate) fn channel() -> (BodySender, Self) {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        (sender, Self(receiver))
    }

    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        // A new channel of one has room for one.
        drop(sender.try_send(Ok(bytes.into())));
        Self(receiver)
    }
}

impl http_body::Body for BodyStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
