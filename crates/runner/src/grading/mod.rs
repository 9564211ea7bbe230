//! The verdict on what an agent left behind.

pub(crate) mod grade;
mod hardening;
mod links;
pub(crate) mod outside;
pub(crate) mod regrade;
mod restore;
pub(crate) mod rewards;
mod runners;
mod verifier;
