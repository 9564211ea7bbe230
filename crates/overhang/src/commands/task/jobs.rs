//! Work on many tasks, a few at a time.

use sandbox::Engine;
use tokio::task::JoinSet;

use crate::{failure::Failure, signals::interrupted};

/// Does jobs, so many at a time, and tells of each that is done. When one fails, or on Ctrl-C, the rest is given up; no
/// container is left when this returns.
pub(super) async fn all<J, T>(
    engine: &dyn Engine,
    jobs: impl IntoIterator<Item = J>,
    at_once: u32,
    mut told: impl FnMut(&T),
) -> Result<Vec<T>, Failure>
where
    J: Future<Output = Result<T, Failure>> + Send + 'static,
    T: Send + 'static,
{
    let mut waiting = jobs.into_iter();
    let mut running = JoinSet::new();
    let mut done = Vec::new();
    let work = async {
        loop {
            while running.len() < at_once as usize
                && let Some(job) = waiting.next()
            {
                running.spawn(job);
            }
            let Some(ended) = running.join_next().await else { return Ok(()) };
            let one = ended.map_err(Failure::other)??;
            told(&one);
            done.push(one);
        }
    };
    let ended = tokio::select! {
        ended = work => ended,
        () = interrupted() => Err(Failure::Interrupted),
    };
    running.shutdown().await;
    engine.settled().await;
    ended.map(|()| done)
}
