//! FOR TESTS ONLY: an engine without containers. Each sandbox is the guest as a process of this machine, in namespaces of
//! its own, with this machine's programs and empty directories. It starts in a fraction of a second and needs no
//! container engine, so that what runs trials can be tested by whole trials.
//!
//! What it does not do, and what nothing measured with it may be read for: it enforces no limit, has no image but this
//! machine's own programs, builds none, and gives no network. What it cannot do it refuses. It needs root.
//!
//! Must never be a dependency of anything but tests, and so never be chosen by `overhang run`.

mod container;
mod engine;
mod namespaces;
mod process;
mod registry;

pub use engine::{IMAGE, LocalEngine};
