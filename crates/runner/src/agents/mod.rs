//! The agent's part of a trial: the bare loop on the host, or a harness in the container.

pub(crate) mod bare;
pub(crate) mod invocation;
pub(crate) mod run;
pub(crate) mod self_report;
