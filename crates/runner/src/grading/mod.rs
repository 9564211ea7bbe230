//! The verdict on what an agent left behind.

pub(crate) mod grade;
mod outside;
pub(crate) mod rewards;
mod verifier;
