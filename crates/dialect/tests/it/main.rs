//! The codecs, from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as expected")]

mod clients;
mod corpus;
mod counts;
mod damage;
#[expect(unreachable_pub, reason = "the fuzzer includes the file too, as a public module")]
mod held;
mod laws;
