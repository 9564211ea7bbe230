//! Moving trees between the host and the container.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use wire::{Collected, Entry, Kind, MAX_PAYLOAD, Reply, to_bytes};

use super::error::GuestError;
use super::handle::unexpected;
use super::link::{Channel, Incoming};
use super::spool;

/// A tree on its way, piece by piece.
#[derive(Debug)]
pub(super) enum Piece {
    Entry(Box<Entry>),
    Data(Vec<u8>),
}

/// Pieces between the stream and the disk: enough to overlap the two, little enough to hold in memory.
const PIECES: usize = 16;

/// Where a tree to be put comes from.
pub(super) enum Source {
    Memory(Vec<(Entry, Vec<u8>)>),
    Archive(PathBuf),
    /// And who shall own it.
    Directory(PathBuf, (u32, u32)),
}

/// A complete collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// What it held.
    pub total: Collected,
    /// SHA-256 of the archive in lower-case hexadecimal: equal for equal trees, times included.
    pub digest: String,
    /// What an archive cannot or must not hold.
    pub left_out: Vec<Leftout>,
}

/// Something that was found and is not in the archive: a device, a socket, a mount, a root that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftout {
    /// Absolute path in the container.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: wire::EntryKind,
}

pub(super) async fn put(mut channel: Channel, source: Source) -> Result<Collected, GuestError> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    let reading = tokio::task::spawn_blocking(move || match source {
        Source::Memory(entries) => spool::read_memory(entries, &sender),
        Source::Archive(path) => spool::read_archive(&path, &sender),
        Source::Directory(path, owner) => spool::read_directory(&path, owner, &sender),
    });
    let bulk = channel.bulk();
    loop {
        let sending = async {
            match pieces.recv().await {
                Some(Piece::Entry(entry)) => bulk.send(Kind::Entry, &to_bytes(&*entry)).await,
                Some(Piece::Data(bytes)) => {
                    let mut open = true;
                    for chunk in bytes.chunks(MAX_PAYLOAD) {
                        open = open && bulk.send(Kind::Data, chunk).await;
                    }
                    open
                }
                None => false,
            }
        };
        // An answer before the end can only be a failure: nothing more is wanted then.
        tokio::select! {
            biased;
            more = sending => if !more { break },
            incoming = channel.incoming.recv() => {
                return match incoming {
                    Some(Incoming::Reply(Reply::Failed(failure))) => {
                        channel.settled = true;
                        Err(failure.into())
                    }
                    Some(Incoming::Reply(other)) => Err(unexpected(&other)),
                    Some(Incoming::Frame(..)) => Err(GuestError::Lost("data where none belongs".into())),
                    None => Err(channel.link.lost_error()),
                };
            }
        }
    }
    finished(reading).await?;
    bulk.send(Kind::End, &[]).await;
    collected(channel.reply().await?)
}

pub(super) async fn collect(mut channel: Channel, archive: &Path) -> Result<Collection, GuestError> {
    let (sender, pieces) = mpsc::channel(PIECES);
    let path = archive.to_owned();
    let writing = tokio::task::spawn_blocking(move || spool::write_archive(&path, pieces));
    let total = receive(&mut channel, sender).await;
    // The writer first: where it failed, the stream was given up only because of it.
    let written = finished(writing).await;
    let result = match (written, total) {
        (Err(error), _) => Err(error),
        (_, Err(error)) => Err(error),
        (Ok((digest, left_out)), Ok(total)) => Ok(Collection { total, digest, left_out }),
    };
    if result.is_err() {
        // Half a tree must not be taken for a whole one; that it cannot be removed changes nothing in the result.
        let _ = tokio::fs::remove_file(archive).await;
    }
    result
}

/// Passes what comes to the writer until the guest's answer. The sender is dropped at the end, which ends the writer.
async fn receive(channel: &mut Channel, sender: mpsc::Sender<Piece>) -> Result<Collected, GuestError> {
    loop {
        let (piece, cost) = match channel.next().await? {
            Incoming::Reply(Reply::Failed(failure)) => return Err(failure.into()),
            Incoming::Reply(reply) => return collected(reply),
            Incoming::Frame(Kind::Entry, bytes) => {
                let entry = wire::from_bytes(&bytes).map_err(|error| GuestError::Lost(error.to_string()))?;
                (Piece::Entry(Box::new(entry)), bytes.len())
            }
            Incoming::Frame(Kind::Data, bytes) => {
                let cost = bytes.len();
                (Piece::Data(bytes.into()), cost)
            }
            Incoming::Frame(..) => continue,
        };
        if sender.send(piece).await.is_err() {
            return Err(GuestError::Refused("given up, as the archive could not be written".into()));
        }
        channel.consumed(cost);
    }
}

async fn finished<T>(task: tokio::task::JoinHandle<Result<T, GuestError>>) -> Result<T, GuestError> {
    task.await
        .unwrap_or_else(|error| Err(GuestError::Lost(format!("the task that moved files ended: {error}"))))
}

fn collected(reply: Reply) -> Result<Collected, GuestError> {
    match reply {
        Reply::Collected(total) => Ok(total),
        other => Err(unexpected(&other)),
    }
}
