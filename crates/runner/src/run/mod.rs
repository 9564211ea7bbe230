//! A run: what is ready before its first trial, its trials with their retries, and how it is told to stop.

pub(crate) mod carry_out;
pub(crate) mod control;
mod job;
mod opening;
mod ready;
pub(crate) mod runner;
mod schedule;
pub(crate) mod status;
pub(crate) mod visit;
