//! Where calls are written down.

use std::io;

use ledger::{BlobStore, CallRecord, Digest, TrialId, blobs::BlobError};

/// A body that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its digest.
    pub digest: Digest,
    /// The room that it takes, in bytes.
    pub bytes: u64,
}

impl Stored {
    /// A body that was put into a store, with the room that it takes there.
    ///
    /// # Errors
    /// When it was not put there, or the store cannot be asked.
    pub fn in_store(blobs: &BlobStore, put: Result<Digest, BlobError>) -> io::Result<Self> {
        let stored = put.and_then(|digest| Ok(Self { bytes: blobs.room(&digest)?, digest }));
        stored.map_err(io::Error::other)
    }
}

/// Writes calls down. A recorder that fails refuses the call: nothing goes upstream unrecorded.
#[async_trait::async_trait]
pub trait Recorder: Send + Sync {
    /// A call was let through, `held` budget units are held for it. Returns once that is on disk; only then does
    /// anything go upstream.
    ///
    /// # Errors
    /// When it could not be written.
    async fn started(&self, trial: &TrialId, try_number: u32, call: u32, held: f64) -> io::Result<()>;

    /// A call ended. Returns once that is on disk; only then is the answer's last byte passed on.
    ///
    /// # Errors
    /// When it could not be written.
    async fn call(&self, record: CallRecord) -> io::Result<()>;

    /// Stores a request's or an answer's body. May block: it is called off the async threads.
    ///
    /// # Errors
    /// When it could not be written.
    fn body(&self, bytes: &[u8]) -> io::Result<Stored>;

    /// As [`Recorder::body`], of a body that is mostly the one stored before as `like`: it may take less room.
    ///
    /// # Errors
    /// When it could not be written.
    fn body_like(&self, bytes: &[u8], _like: &Digest) -> io::Result<Stored> {
        self.body(bytes)
    }
}
