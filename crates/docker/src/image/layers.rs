//! The layers of an image, searched: what a layer once held can be read by whoever has the image, even if a later one
//! takes it away.

use std::{
    collections::{BTreeSet, HashSet},
    io::{self, Read},
    path::Path,
};

use bytes::Bytes;
use futures_util::StreamExt;
use sandbox::EngineError;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::{engine::DockerEngine, error::failed};

/// Chunks of the engine's answer that wait to be read.
const CHUNKS: usize = 16;

/// Folders at the root in which graders and solutions are put, and which no image may bring along.
const RESERVED: [&str; 2] = ["tests", "solution"];

/// Paths in any layer of an image whose content is wanted (length in bytes and SHA-256), and files below `/tests`
/// and `/solution`.
///
/// # Errors
/// If the engine does not give the image out.
pub(crate) async fn find(
    engine: &DockerEngine,
    image: &str,
    wanted: &HashSet<(u64, [u8; 32])>,
) -> Result<Vec<String>, EngineError> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let wanted = wanted.clone();
    let search = tokio::task::spawn_blocking(move || {
        let mut found = BTreeSet::new();
        search(Chunks { receiver, rest: Bytes::new() }, &wanted, &mut found).map(|()| found)
    });
    let mut export = engine.docker.export_image(image);
    while let Some(chunk) = export.next().await {
        let chunk = chunk.map_err(failed(format!("give out image `{image}`")));
        let broken = chunk.is_err();
        // The search has ended early only if it failed, and says so itself.
        if sender.send(chunk).await.is_err() || broken {
            break;
        }
    }
    drop(sender);
    let found = search.await.map_err(io::Error::other)??;
    Ok(found.into_iter().collect())
}

/// Looks into every archive inside the archive.
fn search(
    image: impl Read,
    wanted: &HashSet<(u64, [u8; 32])>,
    found: &mut BTreeSet<String>,
) -> io::Result<()> {
    let mut image = tar::Archive::new(image);
    for part in image.entries()? {
        let part = part?;
        if !part.header().entry_type().is_file() {
            continue;
        }
        let mut layer = tar::Archive::new(part);
        for entry in layer.entries()? {
            // What is no archive (the image's description) ends here.
            let Ok(mut entry) = entry else { break };
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            let reserved = Path::new(&path).components().next().is_some_and(|first| {
                RESERVED.iter().any(|folder| first.as_os_str() == *folder) && path.contains('/')
            });
            if reserved {
                found.insert(path);
                continue;
            }
            if !wanted.iter().any(|(bytes, _)| *bytes == entry.size()) {
                continue;
            }
            let mut hash = Sha256::new();
            io::copy(&mut entry, &mut HashWriter(&mut hash))?;
            if wanted.contains(&(entry.size(), hash.finalize().into())) {
                found.insert(path);
            }
        }
    }
    Ok(())
}

struct HashWriter<'h>(&'h mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What comes through a channel, as a reader on a thread of its own.
struct Chunks {
    receiver: mpsc::Receiver<Result<Bytes, EngineError>>,
    rest: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(Ok(chunk)) => self.rest = chunk,
                Some(Err(error)) => return Err(io::Error::other(error)),
            }
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, *content).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn every_layer_is_looked_into_for_contents_and_reserved_folders() {
        let (first, second) = (
            archive(&[("app/copy.py", b"the tests"), ("app/other", b"the tents")]),
            archive(&[("tests/test.sh", b"x"), ("app/tests/own.py", b"y")]),
        );
        let image = archive(&[("a/layer.tar", &first), ("manifest.json", b"[]"), ("b/layer.tar", &second)]);
        let wanted = HashSet::from([(9, Sha256::digest(b"the tests").into())]);
        let mut found = BTreeSet::new();
        search(image.as_slice(), &wanted, &mut found).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["app/copy.py", "tests/test.sh"]);
    }
}
