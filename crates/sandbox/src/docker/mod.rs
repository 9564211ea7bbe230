//! The Docker engine.

pub(crate) mod attach;
pub(crate) mod changes;
pub(crate) mod container;
pub(crate) mod engine;
pub(crate) mod image;
pub(crate) mod job;
pub(crate) mod quirks;
pub(crate) mod reap;
pub(crate) mod remove;
pub(crate) mod start;
pub(crate) mod terminal;
pub(crate) mod transport;
pub(crate) mod upper;
