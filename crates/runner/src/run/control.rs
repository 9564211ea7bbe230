//! The control socket of a run: how another program of this machine learns who is at work on it, and tells it to stop.

use std::{
    fs::Permissions,
    io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use ledger::RunDir;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    progress::{Observer, Progress},
    stop::Stop,
};

/// Name of the socket in the run's directory.
const NAME: &str = "control";

/// Longest that one side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most bytes of an order or an answer.
const MOST: u64 = 4096;

/// What the program at work on a run can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Say who you are.
    Tell,
    /// Start nothing new, and let what runs end.
    Drain,
    /// Stop what runs, too.
    Kill,
}

/// The program at work on a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Worker {
    /// Process id.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// Whether it starts nothing new any more.
    pub draining: bool,
    /// Whether it stops what runs, too.
    pub killing: bool,
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No program listens.
    #[error("no program of this machine is at work on {0}")]
    Nobody(PathBuf),
    /// One listens, and does not answer.
    #[error("the program at work on {path} does not answer: {reason}")]
    Silent {
        /// The run's directory.
        path: PathBuf,
        /// What came instead.
        reason: String,
    },
}

/// Gives an order to the program at work on a run; what it is after that.
///
/// # Errors
/// [`ControlError::Nobody`] when there is none on this machine, [`ControlError::Silent`].
pub async fn order(run: &RunDir, order: Order) -> Result<Worker, ControlError> {
    let silent = |reason: String| ControlError::Silent { path: run.path().to_owned(), reason };
    match timeout(PATIENCE, converse(run.path(), order)).await {
        Err(_) => Err(silent(format!("it took longer than {} s", PATIENCE.as_secs()))),
        Ok(Err(error))
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
        {
            Err(ControlError::Nobody(run.path().to_owned()))
        }
        Ok(Err(error)) => Err(silent(error.to_string())),
        Ok(Ok(worker)) => Ok(worker),
    }
}

async fn converse(run: &Path, order: Order) -> io::Result<Worker> {
    let folder = fs_err::File::open(run)?;
    let mut stream = UnixStream::connect(socket(&folder)).await?;
    stream.write_all(&line(&order)?).await?;
    read(stream).await
}

/// The socket of a run's directory, by a path that is short: that of a socket may have 107 bytes.
fn socket(folder: &fs_err::File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()))
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    Ok(text)
}

async fn read<T: serde::de::DeserializeOwned>(stream: impl AsyncReadExt + Unpin) -> io::Result<T> {
    let mut text = String::new();
    BufReader::new(stream.take(MOST)).read_line(&mut text).await?;
    Ok(serde_json::from_str(&text)?)
}

/// Takes orders for as long as it lives.
#[derive(Debug)]
pub(crate) struct Control {
    socket: PathBuf,
    listening: JoinHandle<()>,
}

impl Drop for Control {
    fn drop(&mut self) {
        self.listening.abort();
        drop(fs_err::remove_file(&self.socket));
    }
}

/// Takes orders for a run from now on. Its lock must be ours: whoever left a socket there is dead.
pub(crate) fn listen(run: &Path, stop: &Stop, observer: &Observer) -> io::Result<Control> {
    let place = run.join(NAME);
    match fs_err::remove_file(&place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folder = fs_err::File::open(run)?;
    let listener = UnixListener::bind(socket(&folder))?;
    fs_err::set_permissions(&place, Permissions::from_mode(0o600))?;
    let (stop, observer) = (stop.clone(), observer.clone());
    let listening = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                // One that says nothing keeps the others waiting for so long, and no longer.
                Ok((stream, _)) => match timeout(PATIENCE, obey(stream, &stop, &observer)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::debug!(%error, "an order that is none"),
                    Err(_) => tracing::debug!("somebody called and gave no order"),
                },
                Err(error) => {
                    tracing::warn!(%error, "no order can be taken at the moment");
                    sleep(PATIENCE).await;
                }
            }
        }
    });
    Ok(Control { socket: place, listening })
}

async fn obey(mut stream: UnixStream, stop: &Stop, observer: &Observer) -> io::Result<()> {
    let note = |text: &str| observer(Progress::Note(text.to_owned()));
    match read(&mut stream).await? {
        Order::Tell => {}
        Order::Drain => {
            note("told to stop: starting no more trials");
            stop.drain.cancel();
        }
        Order::Kill => {
            note("told to stop now: stopping running trials");
            stop.drain.cancel();
            stop.kill.cancel();
        }
    }
    let worker = Worker {
        pid: std::process::id(),
        host: ledger::run::host_name(),
        draining: stop.drain.is_cancelled(),
        killing: stop.kill.is_cancelled(),
    };
    stream.write_all(&line(&worker)?).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn orders_are_taken_while_somebody_listens_even_at_a_long_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x".repeat(200));
        fs_err::create_dir(&path).unwrap();
        let (run, stop) = (RunDir::at(&path), Stop::default());
        let nobody = order(&run, Order::Drain).await.unwrap_err();
        assert!(nobody.to_string().starts_with("no program of this machine is at work on "), "{nobody}");

        let observer: Observer = Arc::new(|_| {});
        drop(UnixListener::bind(socket(&fs_err::File::open(&path).unwrap())).unwrap());
        let control = listen(&path, &stop, &observer).unwrap();
        // Neither rubbish nor silence keeps the next one from being heard.
        let mut rubbish = UnixStream::connect(socket(&fs_err::File::open(&path).unwrap())).await.unwrap();
        rubbish.write_all(b"{\"drain\": 1}\n").await.unwrap();
        let worker = order(&run, Order::Tell).await.unwrap();
        assert_eq!((worker.pid, worker.draining, worker.killing), (std::process::id(), false, false));
        let worker = order(&run, Order::Drain).await.unwrap();
        assert!(worker.draining && !worker.killing && stop.drain.is_cancelled());
        assert!(order(&run, Order::Kill).await.unwrap().killing && stop.kill.is_cancelled());
        drop(control);
        assert!(matches!(order(&run, Order::Tell).await, Err(ControlError::Nobody(_))));
    }
}
