//! Reads the recorded bodies of a trial: stored bytes and a dialect in, a neutral conversation out.
//!
//! [`Transcript`] holds every call of a try with its system prompt, tools, messages and answer. Each of these names the
//! call and the digest of the body that it came from. [`Transcript::tool_uses`] pairs what the model asked for with
//! what it got back.
//!
//! This crate must never judge what it reads, and never panic on it: harnesses, models and damaged disks wrote these
//! bodies. One that cannot be read is a value ([`Unreadable`]) in the place of its content.

pub mod commands;

mod body;
mod pool;
mod read;
mod tools;

pub use body::{Body, Unreadable, request, response};
pub use read::{Call, SharedRequest, Transcript};
pub use tools::{Output, ToolUse};
