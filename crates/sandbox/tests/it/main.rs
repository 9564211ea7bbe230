//! The guest's link against the guest itself.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test where something is wrong"
)]

mod guest;
