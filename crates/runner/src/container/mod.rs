//! What a task's container is and how it is made ready, whoever works in it.

pub(crate) mod evidence;
pub(crate) mod examine;
pub(crate) mod images;
pub(crate) mod pod;
pub(crate) mod readiness;
pub(crate) mod selection;
mod service;
pub(crate) mod shell;
pub(crate) mod site;
mod way_out;
pub(crate) mod workspace;
