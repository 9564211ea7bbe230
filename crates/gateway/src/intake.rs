//! How much of a session's requests is in the program at once, and how much is being read by all sessions together.
//!
//! A trial may open hundreds of connections, and send on each what takes long to read. Its requests wait for each
//! other, and its neighbours do not wait for them.

use std::sync::Arc;

use dialect::MOST_VALUES;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Largest request, in bytes. The longest conversations that clients send have a few million.
pub(crate) const LARGEST: usize = 16 << 20;

/// The unit of room, in bytes.
const UNIT: usize = 1 << 10;

/// Room for the requests of one session, from their first byte until their calls end.
const ROOM: usize = 2 * LARGEST;

/// Values in the requests of one session at once.
const VALUES: usize = 2 * MOST_VALUES;

/// Bodies that are read at once, by all sessions of the program, in bytes.
static BEING_READ: Semaphore = Semaphore::const_new(2 * LARGEST / UNIT);

/// Bodies up to this many bytes are read where they come in: to hand them over takes as long. Their values are few.
const SMALL: usize = 64 << 10;

/// What bounds one session.
#[derive(Debug)]
pub(crate) struct Intake {
    room: Arc<Semaphore>,
    values: Arc<Semaphore>,
    /// One body at a time.
    reading: Semaphore,
}

/// The room that one request takes, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room {
    bytes: Option<OwnedSemaphorePermit>,
    values: Option<OwnedSemaphorePermit>,
}

impl Intake {
    pub(crate) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM / UNIT)),
            values: Arc::new(Semaphore::new(VALUES)),
            reading: Semaphore::new(1),
        }
    }

    /// Waits for the room that a body of at most so many bytes takes.
    pub(crate) async fn room(&self, most: usize) -> Room {
        let bytes = Arc::clone(&self.room).acquire_many_owned(units(most)).await.ok();
        Room { bytes, values: None }
    }

    /// Reads a body with `read`: one at a time of this session, so many bytes at once of all, and large ones away from
    /// the threads that carry other calls.
    ///
    /// Who waits for values has its bytes, and who has its values waits for nothing here: nobody waits in a circle.
    pub(crate) async fn read<T>(&self, room: &mut Room, body: &[u8], read: impl FnOnce() -> T) -> T {
        let values = off_thread(body.len(), || dialect::most_values(body));
        let values = u32::try_from(values.min(VALUES)).unwrap_or(u32::MAX);
        room.values = Arc::clone(&self.values).acquire_many_owned(values).await.ok();
        let _turn = self.reading.acquire().await.ok();
        if body.len() <= SMALL {
            return read();
        }
        let _share = BEING_READ.acquire_many(units(body.len().min(2 * LARGEST))).await.ok();
        off_thread(body.len(), read)
    }
}

impl Room {
    /// Gives back what a body did not take that turned out to have so many bytes.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if let Some(held) = &mut self.bytes {
            let more = held.num_permits().saturating_sub(units(bytes) as usize);
            drop(held.split(more));
        }
    }
}

/// Does work over so many bytes; if they are many, where it keeps no other call from going on.
pub(crate) fn off_thread<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let is_alone = || Handle::try_current().is_ok_and(|at| at.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes > SMALL && is_alone() { tokio::task::block_in_place(work) } else { work() }
}

/// Units of so many bytes, rounded up.
fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_session_has_room_for_so_much_and_gives_it_back() {
        let intake = Intake::new();
        let one = intake.room(LARGEST).await;
        let mut other = intake.room(LARGEST).await;
        assert!(timeout(SOON, intake.room(1)).await.is_err());
        other.shrink(3 * UNIT + 1);
        let more = timeout(SOON, intake.room(LARGEST - 4 * UNIT)).await.unwrap();
        assert!(timeout(SOON, intake.room(1)).await.is_err());
        drop((one, other, more));
        assert_eq!(intake.room.available_permits(), ROOM / UNIT);
    }

    #[tokio::test]
    async fn values_are_held_as_long_as_the_room() {
        let intake = Intake::new();
        let body = vec![b','; VALUES];
        let mut room = intake.room(body.len()).await;
        assert_eq!(intake.read(&mut room, &body, || 7).await, 7);
        let mut other = intake.room(2).await;
        assert!(timeout(SOON, intake.read(&mut other, b"{}", || 7)).await.is_err());
        drop(room);
        assert_eq!(timeout(SOON, intake.read(&mut other, b"{}", || 8)).await, Ok(8));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn while_a_large_body_is_read_others_go_on() {
        let intake = Arc::new(Intake::new());
        let (begun, wait) = std::sync::mpsc::channel();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let slow = tokio::spawn(async move {
            let body = vec![b' '; SMALL + 1];
            let mut room = intake.room(body.len()).await;
            let read = move || {
                begun.send(()).unwrap();
                is_done.recv().unwrap();
            };
            intake.read(&mut room, &body, read).await;
        });
        tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
        // Its only thread carries this task, though the body is still being read.
        tokio::spawn(async {}).await.unwrap();
        done.send(()).unwrap();
        slow.await.unwrap();
    }
}
