//! The sandbox against a real engine.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test where something is wrong"
)]

mod docker;
mod guest;
