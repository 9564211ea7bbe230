//! One build of one image.

use std::{collections::HashMap, io::Write, path::Path, time::Duration};

use bollard::{body_try_stream, query_parameters::BuildImageOptionsBuilder};
use fs_err as fs;
use futures_util::StreamExt;
use sandbox::{EngineError, Progress};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::context::Context;
use crate::{
    engine::DockerEngine,
    error::{failed, hex},
    labels,
};

/// Bytes of a build's output that are kept in its log.
const MAX_LOG: usize = 16 << 20;
/// Lines of it that go into an error.
const TAIL_LINES: usize = 20;
const CHUNK: usize = 256 << 10;

/// The content key: everything that decides what the image holds.
pub(super) fn key(context: &str, bases: &[(String, String)], network: bool) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("overhang build 1\ncontext {context}\nnetwork {network}\n"));
    for (name, id) in bases {
        hash.update(format!("base {name} {id}\n"));
    }
    hex(&hash.finalize())
}

pub(super) struct Build<'a> {
    pub(super) directory: &'a Path,
    pub(super) tag: &'a str,
    pub(super) key: &'a str,
    pub(super) network: bool,
    pub(super) limit: Duration,
}

impl Build<'_> {
    pub(super) async fn run(
        &self,
        engine: &DockerEngine,
        context: Context,
        progress: Progress<'_>,
    ) -> Result<(), EngineError> {
        engine.check_disk(&format!("the image of {}", self.directory.display()))?;
        let directory = engine.shared.data.builds();
        fs::create_dir_all(&directory)?;
        let log_path = directory.join(format!("{}.log", self.key));
        let mut log = Log { file: fs::File::create(&log_path)?, written: 0, tail: Vec::new() };
        progress(&format!("building {}", self.directory.display()));
        let reason = match timeout(self.limit, self.stream(engine, context, &mut log, progress)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(EngineError::Call { reason, .. })) => explain(reason),
            Ok(Err(error)) => return Err(error),
            Err(_) => format!("it took longer than {} s", self.limit.as_secs()),
        };
        Err(EngineError::Build {
            path: self.directory.into(),
            reason,
            tail: log.tail.join("\n"),
            log: log_path,
        })
    }

    async fn stream(
        &self,
        engine: &DockerEngine,
        context: Context,
        log: &mut Log,
        progress: Progress<'_>,
    ) -> Result<(), EngineError> {
        let labels = HashMap::from([(labels::KEY, self.key)]);
        let options = BuildImageOptionsBuilder::new()
            .dockerfile("Dockerfile")
            .t(self.tag)
            .labels(&labels)
            .networkmode(if self.network { "default" } else { "none" })
            .rm(true)
            .forcerm(true)
            .build();
        let body = body_try_stream(tokio_util::io::ReaderStream::with_capacity(
            AsyncSpooled(context.archive),
            CHUNK,
        ));
        let mut lines = engine.docker.build_image(options, None, Some(body));
        while let Some(line) = lines.next().await {
            let line = line.map_err(failed(format!("build {}", self.directory.display())))?;
            if let Some(text) = line.stream.as_deref().or(line.status.as_deref()) {
                log.push(text)?;
                if text.starts_with("Step ") {
                    progress(text.trim_end());
                }
            }
        }
        Ok(())
    }
}

/// What the engine's message means for the writer of a Dockerfile.
fn explain(reason: String) -> String {
    if reason.contains("BuildKit") || reason.contains("unknown flag") {
        format!(
            "{reason} (builds use the engine's classic builder: no `--mount`, `--chmod` or here-documents)"
        )
    } else {
        reason
    }
}

struct Log {
    file: fs::File,
    written: usize,
    tail: Vec<String>,
}

impl Log {
    fn push(&mut self, text: &str) -> std::io::Result<()> {
        if self.written < MAX_LOG {
            self.file.write_all(text.as_bytes())?;
            self.written += text.len();
        }
        self.tail.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        let surplus = self.tail.len().saturating_sub(TAIL_LINES);
        self.tail.drain(..surplus);
        Ok(())
    }
}

/// A spooled file as an asynchronous reader. Its reads block for the time of a disk read.
struct AsyncSpooled(tempfile::SpooledTempFile);

impl tokio::io::AsyncRead for AsyncSpooled {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let read = std::io::Read::read(&mut self.0, buffer.initialize_unfilled());
        std::task::Poll::Ready(read.map(|count| buffer.advance(count)))
    }
}
