//! How long a guest is waited for.

use std::time::Duration;

use super::error::GuestError;

/// How long a guest may take for the next thing that takes no time: an answer, a piece of a tree.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// Times out: every one of these answers should be immediate. Nothing is known to keep a guest from answering; were there
/// such a fault, in the engine or in us, a sweep of days must not stand still for it.
pub(super) async fn in_time<T>(answer: impl Future<Output = T>) -> Result<T, GuestError> {
    in_time_after(Duration::ZERO, answer).await
}

/// As [`in_time`], for what may take this long.
pub(super) async fn in_time_after<T>(
    limit: Duration,
    answer: impl Future<Output = T>,
) -> Result<T, GuestError> {
    let limit = limit.saturating_add(PATIENCE);
    let answer = tokio::time::timeout(limit, answer).await;
    answer.map_err(|_| GuestError::Lost(format!("nothing came for {} s", limit.as_secs())))
}
