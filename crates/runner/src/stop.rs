//! How a run is told to stop.

use std::{future::poll_fn, task::Poll};

use tokio_util::sync::CancellationToken;

/// How a run is told to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Start nothing new; let what runs end.
    pub drain: CancellationToken,
    /// Stop what runs, too.
    pub kill: CancellationToken,
}

/// Resolves once one of the tokens is cancelled.
pub(crate) async fn any_cancelled(tokens: &[CancellationToken]) {
    let mut waits: Vec<_> = tokens.iter().map(|token| Box::pin(token.cancelled())).collect();
    poll_fn(|context| {
        let cancelled = waits.iter_mut().any(|wait| wait.as_mut().poll(context).is_ready());
        if cancelled { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
