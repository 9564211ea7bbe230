//! One try of one trial, from its container to its record.

mod audit;
mod blame;
pub(crate) mod brief;
mod conclusion;
pub(crate) mod one_try;
pub(crate) mod record;
pub(crate) mod session;
mod shared;
pub(crate) mod snapshots;
mod step;
mod steps;
mod try_error;
mod twin;
