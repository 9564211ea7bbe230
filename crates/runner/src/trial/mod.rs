//! One try of one trial, from its container to its outcome.

pub(crate) mod brief;
pub(crate) mod conclusion;
pub(crate) mod evidence;
pub(crate) mod one_try;
pub(crate) mod snapshot;
