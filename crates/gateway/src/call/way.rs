//! How an answer is to be read and passed on.

use std::time::Duration;

use dialect::{ErrorKind, Reader, stream::StreamEncoder};
use spec::Dialect;

use super::progress::Call;
use crate::{admission::Admission, now_ms, provider::Failure};

/// How an answer is to be read and passed on.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    /// Whose answer it is.
    pub(crate) call: &'a Call,
    /// How the call was let through.
    pub(crate) admission: &'a Admission,
    /// The provider's dialect.
    pub(crate) outbound: Dialect,
    /// Whether chunks that hold usage only are kept from the client.
    pub(crate) drop_usage: bool,
    /// Longest silence of the provider.
    pub(crate) silence: Duration,
}

impl Way<'_> {
    /// Whether the client reads another dialect than the provider writes.
    pub(crate) fn translates(&self) -> bool {
        self.call.dialect != self.outbound
    }

    /// A reader for one try's answer.
    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.outbound, &format!("c{}", self.call.number))
    }

    /// What writes a stream in the client's dialect.
    pub(crate) fn encoder(&self) -> Result<Box<dyn StreamEncoder>, Failure> {
        let (created, request) = (now_ms() / 1000, &self.call.request);
        let encoder =
            dialect::stream_encoder(self.call.dialect, created, self.call.include_usage, &request.origins);
        encoder.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))
    }
}
