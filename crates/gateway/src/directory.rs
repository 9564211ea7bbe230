//! Recorders of a gateway on its own: a directory, or nothing.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use fs_err::File;
use ledger::{BlobStore, CallRecord, Digest, Event, TrialId};

use crate::{Recorder, Stored};

/// Writes calls into a directory: the ledger's events in `calls.jsonl`, one a line and without its chain; bodies in
/// `blobs/`, as in a run.
#[derive(Clone, Debug)]
pub struct Directory {
    calls: Arc<Mutex<File>>,
    blobs: BlobStore,
}

impl Directory {
    /// Makes the directory where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be written, or holds calls already: two gateways' calls must not be mixed.
    pub fn create(path: &Path) -> io::Result<Self> {
        fs_err::create_dir_all(path)?;
        let file = fs_err::OpenOptions::new().append(true).create_new(true).open(path.join("calls.jsonl"))?;
        Ok(Self { calls: Arc::new(Mutex::new(file)), blobs: BlobStore::new(path.join("blobs")) })
    }

    async fn write(&self, event: Event) -> io::Result<()> {
        let calls = Arc::clone(&self.calls);
        let written = tokio::task::spawn_blocking(move || {
            let mut line = serde_json::to_vec(&event)?;
            line.push(b'\n');
            let mut file = calls.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&line)?;
            file.sync_data()
        });
        written.await.map_err(io::Error::other)?
    }
}

#[async_trait]
impl Recorder for Directory {
    async fn started(&self, trial: &TrialId, try_number: u32, call: u32, held: f64) -> io::Result<()> {
        self.write(Event::CallStarted { trial: trial.clone(), try_number, call, held }).await
    }

    async fn call(&self, record: CallRecord) -> io::Result<()> {
        self.write(Event::Call(Box::new(record))).await
    }

    fn body(&self, bytes: &[u8]) -> io::Result<Stored> {
        Stored::in_store(&self.blobs, self.blobs.put(bytes))
    }

    fn body_like(&self, bytes: &[u8], like: &Digest) -> io::Result<Stored> {
        Stored::in_store(&self.blobs, self.blobs.put_like(bytes, like))
    }
}

/// Writes nothing down.
#[derive(Clone, Copy, Debug)]
pub struct Unrecorded;

#[async_trait]
impl Recorder for Unrecorded {
    async fn started(&self, _: &TrialId, _: u32, _: u32, _: f64) -> io::Result<()> {
        Ok(())
    }

    async fn call(&self, _: CallRecord) -> io::Result<()> {
        Ok(())
    }

    fn body(&self, _: &[u8]) -> io::Result<Stored> {
        Ok(Stored { digest: Digest(String::new()), bytes: 0 })
    }
}
