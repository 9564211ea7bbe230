//! A run: what is ready before its first trial, its trials with their retries, and how it is told to stop.

pub(crate) mod control;
pub(crate) mod job;
pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod visit;
