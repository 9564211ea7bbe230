//! Recorded conversations, read back in every dialect.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod hostile;
mod pairing;
mod record;
mod sharing;
