//! Before a sweep: what the shell tool of each arm sees of its container must be what the baseline's sees.
//!
//! A probe is a trial without a task. The simulated model plays one script through the harness's own shell tool, and
//! what the script saw is compared, name by name. No real model is asked, and nothing is spent.

mod arms;
mod cache;
mod compare;
mod facts;
mod stage;

pub(crate) use arms::arms;
