//! The four wire formats, one neutral form between them, and server-sent events.
//!
//! Pure: bytes and values in, bytes and values out. This crate must never do I/O.

pub mod neutral;
