//! Whole trials, carried out by the runner on the engine without containers. Needs root, and no container engine.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test where something is wrong"
)]

mod causes;
mod failures;
mod grading;
mod lab;
mod outages;
mod regrade;
mod resume;
mod trials;
