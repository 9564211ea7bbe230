//! One thread writes the ledger; everybody else waits until their event is on disk.

use std::{
    collections::HashMap,
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use gateway::{Recorder, Stored};
use ledger::{
    BlobStore, CallRecord, Digest, Event, Ledger, TrialId, blobs::BlobError, event::Snapshot, run::RunError,
};
use tokio::sync::{mpsc, oneshot};

use crate::progress::{Observer, Progress};

/// Why an event is not on disk: nothing may be acted on that depends on it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] Arc<RunError>),
    /// The thread that writes has ended.
    #[error("the ledger's writer has ended")]
    Ended,
}

/// Is told of every call of its trial that was recorded, before the call's answer goes on to the agent.
#[async_trait]
pub(crate) trait CallListener: std::fmt::Debug + Send + Sync {
    /// Returns when the answer may go on.
    async fn recorded(&self, journal: &Journal, record: &CallRecord) -> Result<(), JournalError>;
}

type Listeners = Arc<Mutex<HashMap<TrialId, Arc<dyn CallListener>>>>;

/// The ledger's writer, shared by all trials. Events that arrive together are synced together.
#[derive(Clone)]
pub(crate) struct Journal {
    queue: mpsc::UnboundedSender<Entry>,
    blobs: BlobStore,
    /// Calls of the tries under way.
    calls: Arc<Mutex<HashMap<TrialId, Vec<CallRecord>>>>,
    /// Who is told of the calls of the tries under way.
    listeners: Listeners,
    /// Snapshots of trials that are not graded yet.
    snapshots: Arc<Mutex<HashMap<TrialId, Vec<Snapshot>>>>,
    /// Is told of each event that is on disk.
    observer: Observer,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// A listener is told of its trial's calls for as long as this lives.
pub(crate) struct Listening {
    listeners: Listeners,
    trial: TrialId,
}

impl Drop for Listening {
    fn drop(&mut self) {
        locked(&self.listeners).remove(&self.trial);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Entry {
    event: Event,
    written: oneshot::Sender<Result<(), JournalError>>,
}

/// The most events synced at once.
const BATCH: usize = 256;

impl Journal {
    /// Starts the writing thread. It ends when the last clone is dropped.
    pub(crate) fn start(ledger: Ledger, blobs: BlobStore, observer: Observer) -> io::Result<Self> {
        let (queue, entries) = mpsc::unbounded_channel();
        std::thread::Builder::new().name("ledger".into()).spawn(move || write_all(ledger, entries))?;
        Ok(Self {
            queue,
            blobs,
            calls: Arc::default(),
            listeners: Arc::default(),
            snapshots: Arc::default(),
            observer,
        })
    }

    /// Returns when the event is on disk.
    pub(crate) async fn write(&self, event: Event) -> Result<(), JournalError> {
        let (written, on_disk) = oneshot::channel();
        let of_a_call = matches!(event, Event::Call(_) | Event::CallStarted { .. });
        let told = (!of_a_call).then(|| Progress::Event(Box::new(event.clone())));
        self.queue.send(Entry { event, written }).map_err(|_| JournalError::Ended)?;
        on_disk.await.map_err(|_| JournalError::Ended)??;
        told.into_iter().for_each(|progress| (self.observer)(progress));
        Ok(())
    }

    /// Stores a body.
    pub(crate) fn store(&self, body: &[u8]) -> Result<Digest, BlobError> {
        self.blobs.put(body)
    }

    /// Stores a file.
    pub(crate) fn store_file(&self, path: &Path) -> Result<Digest, BlobError> {
        self.blobs.put_file(path)
    }

    /// The store of bodies.
    pub(crate) fn blobs(&self) -> &BlobStore {
        &self.blobs
    }

    /// Writes a body to a new file, which goes with what is returned.
    pub(crate) fn load_file(&self, digest: &Digest, folder: &Path) -> Result<tempfile::TempPath, BlobError> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        self.blobs.get_to_file(digest, file.as_file_mut())?;
        Ok(file.into_temp_path())
    }

    /// The calls of a trial's try so far.
    pub(crate) fn calls(&self, trial: &TrialId) -> Vec<CallRecord> {
        self.under_way().get(trial).cloned().unwrap_or_default()
    }

    /// Lets go of a trial's calls: its try has ended.
    pub(crate) fn forget(&self, trial: &TrialId) {
        self.under_way().remove(trial);
    }

    /// Tells a listener of every further call of its trial.
    pub(crate) fn listen(&self, trial: &TrialId, listener: Arc<dyn CallListener>) -> Listening {
        // Those of an earlier try are of no use.
        locked(&self.snapshots).remove(trial);
        locked(&self.listeners).insert(trial.clone(), listener);
        Listening { listeners: self.listeners.clone(), trial: trial.clone() }
    }

    /// Writes a snapshot, and keeps it until it is graded.
    pub(crate) async fn write_snapshot(&self, snapshot: Snapshot) -> Result<(), JournalError> {
        self.write(Event::Snapshot(Box::new(snapshot.clone()))).await?;
        locked(&self.snapshots).entry(snapshot.trial.clone()).or_default().push(snapshot);
        Ok(())
    }

    /// The snapshots of a trial's last try; they are the caller's now.
    pub(crate) fn take_snapshots(&self, trial: &TrialId) -> Vec<Snapshot> {
        locked(&self.snapshots).remove(trial).unwrap_or_default()
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<TrialId, Vec<CallRecord>>> {
        locked(&self.calls)
    }
}

fn write_all(mut ledger: Ledger, mut entries: mpsc::UnboundedReceiver<Entry>) {
    while let Some(first) = entries.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(entry) = entries.try_recv()
        {
            batch.push(entry);
        }
        let (events, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|entry| (entry.event, entry.written)).unzip();
        let result = ledger.append(&events).map_err(|error| JournalError::Write(Arc::new(error)));
        for written in waiting {
            // A caller that was cancelled no longer waits; its event is on disk all the same.
            drop(written.send(result.clone()));
        }
    }
}

#[async_trait]
impl Recorder for Journal {
    async fn started(&self, trial: &TrialId, try_number: u32, call: u32, held: f64) -> io::Result<()> {
        self.write(Event::CallStarted { trial: trial.clone(), try_number, call, held })
            .await
            .map_err(io::Error::other)
    }

    async fn call(&self, record: CallRecord) -> io::Result<()> {
        tracing::info!(
            call = record.call,
            status = record.status,
            charged = record.charged,
            ending = record.ending.as_str(),
            "a call ended"
        );
        self.under_way().entry(record.trial.clone()).or_default().push(record.clone());
        self.write(Event::Call(Box::new(record.clone()))).await.map_err(io::Error::other)?;
        let listener = locked(&self.listeners).get(&record.trial).cloned();
        match listener {
            Some(listener) => listener.recorded(self, &record).await.map_err(io::Error::other),
            None => Ok(()),
        }
    }

    fn body(&self, bytes: &[u8]) -> io::Result<Stored> {
        Stored::in_store(&self.blobs, self.store(bytes))
    }

    fn body_like(&self, bytes: &[u8], like: &Digest) -> io::Result<Stored> {
        Stored::in_store(&self.blobs, self.blobs.put_like(bytes, like))
    }
}
