//! The agent's part of a trial: the bare loop on the host, or a harness in the container.

mod bare;
pub(crate) mod capture;
pub(crate) mod end;
pub(crate) mod harness;
mod invocation;
pub(crate) mod part;
pub(crate) mod self_report;
pub(crate) mod tunnel;
