//! What is watched while trials run: outages, broken adapters, memory and disk.

pub(crate) mod adapter;
pub(crate) mod circuit;
pub(crate) mod disk;
pub(crate) mod memory;
pub(crate) mod outage;
