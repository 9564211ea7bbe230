//! So many at once, in order, until told to stop.

use std::future::Future;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Runs jobs in order, at most `concurrency` at once. Starts no more once a token is cancelled, and returns when all
/// that were started have ended, with the first error.
///
/// A job waiting for its turn is its own size only: its future is made when it starts.
pub(crate) async fn run<J, E, F>(
    jobs: Vec<J>,
    concurrency: usize,
    stop: &[CancellationToken],
    start: impl Fn(J) -> F,
) -> Result<(), E>
where
    E: From<JoinError> + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    let mut result = Ok(());
    let mut running = JoinSet::new();
    let mut jobs = jobs.into_iter();
    loop {
        while running.len() < concurrency.max(1) && !stop.iter().any(CancellationToken::is_cancelled) {
            let Some(job) = jobs.next() else { break };
            running.spawn(start(job));
        }
        match running.join_next().await {
            None => return result,
            Some(Ok(ended)) => result = result.and(ended),
            Some(Err(panicked)) => result = result.and(Err(panicked.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn never_more_than_allowed_run_at_once_and_all_run() {
        let (now, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let counts = Arc::new((now, most, done));
        let ended: Result<(), JoinError> = run((0..50).collect(), 3, &[], |_: i32| {
            let counts = counts.clone();
            async move {
                let running = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
                counts.1.fetch_max(running, Ordering::SeqCst);
                tokio::task::yield_now().await;
                counts.0.fetch_sub(1, Ordering::SeqCst);
                counts.2.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        })
        .await;
        assert!(ended.is_ok());
        assert!(counts.1.load(Ordering::SeqCst) <= 3);
        assert_eq!(counts.2.load(Ordering::SeqCst), 50);
    }

    #[tokio::test]
    async fn a_cancelled_token_lets_the_running_end_and_starts_no_more() {
        let stop = CancellationToken::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let ended: Result<(), JoinError> = run(vec![1, 2, 3, 4], 2, std::slice::from_ref(&stop), |job| {
            let (seen, stop) = (seen.clone(), stop.clone());
            async move {
                stop.cancel();
                tokio::task::yield_now().await;
                seen.lock().unwrap().push(job);
                Ok(())
            }
        })
        .await;
        assert!(ended.is_ok());
        let mut seen = seen.lock().unwrap().clone();
        // Both were started; which of them ends first is the runtime's.
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    }
}
