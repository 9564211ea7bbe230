//! The codecs, from outside.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod clients;
mod corpus;
mod damage;
mod held;
mod laws;
