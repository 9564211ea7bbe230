//! Checks the crate against reference vectors made by independent implementations, and against what must
//! always hold.

#![expect(clippy::unwrap_used, reason = "a broken vector should stop the test where it is read")]

mod ability;
mod attempts;
mod bootstrap;
mod budget;
mod contamination;
mod coverage;
mod drift;
mod factorial;
mod families;
mod fixed_task;
mod inference;
mod intervals;
mod judges;
mod mcnemar;
mod missing;
mod paired;
mod planning;
mod properties;
mod ranking;
mod sign_flip;
mod vectors;
