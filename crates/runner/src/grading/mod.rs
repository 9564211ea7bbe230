//! The verdict on what an agent left behind.

pub(crate) mod grade;
pub(crate) mod outside;
pub(crate) mod rewards;
