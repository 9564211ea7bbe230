//! What tests of several crates share: plans and ledgers built by hand.
//!
//! It must never be a dependency of anything but tests. It panics on misuse, as tests do.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

pub mod drawn;
pub mod process;
pub mod runs;
