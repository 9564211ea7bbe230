//! A container's standard input and output as one byte stream each.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use bollard::{
    container::{AttachContainerResults, LogOutput},
    query_parameters::AttachContainerOptionsBuilder,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, future::ready};
use tokio::io::AsyncWrite;
use tokio_util::io::StreamReader;

use sandbox::EngineError;

use crate::{engine::DockerEngine, error::failed};

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The container's standard output.
pub(crate) type Reader = StreamReader<Chunks, Bytes>;
/// The container's standard input.
pub(crate) type Writer = Pin<Box<dyn AsyncWrite + Send>>;

/// An attached container.
pub(crate) struct Attached {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    /// The last that came on standard error: what the guest or the engine's runtime had to say.
    pub(crate) stderr: Complaints,
}

/// The end of a stream of text, bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaints(Arc<Mutex<Vec<u8>>>);

impl Complaints {
    const LIMIT: usize = 4096;

    fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let surplus = kept.len().saturating_sub(Self::LIMIT);
        kept.drain(..surplus);
    }

    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim().to_owned()
    }
}

/// Attaches to a container that was created and not started, so that no byte is missed.
pub(crate) async fn attach(engine: &DockerEngine, id: &str) -> Result<Attached, EngineError> {
    let options =
        AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).stderr(true).build();
    let AttachContainerResults { output, input } =
        engine.docker.attach_container(id, Some(options)).await.map_err(failed("attach to a container"))?;
    let stderr = Complaints::default();
    let complaints = stderr.clone();
    let chunks = output.filter_map(move |chunk| {
        ready(match chunk {
            Ok(LogOutput::StdOut { message }) => Some(Ok(message)),
            Ok(LogOutput::StdErr { message }) => {
                complaints.push(&message);
                None
            }
            Ok(LogOutput::StdIn { .. } | LogOutput::Console { .. }) => Some(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the engine's framing of the stream is broken",
            ))),
            Err(error) => Some(Err(io::Error::other(error))),
        })
    });
    Ok(Attached { reader: StreamReader::new(Box::pin(chunks)), writer: input, stderr })
}
