//! Containers for trials: the Docker engine behind the [`Sandbox`] trait, images, packs, and cleaning up.
//!
//! A sandbox is a container without a network whose first process is the guest; everything said to it goes over the
//! container's standard input and output. All objects are labelled with the run, the trial and the owning process,
//! so that what a dead owner left is found and removed.
//!
//! Must never be bypassed: no other crate speaks to the engine, and nothing starts a `docker` command. Must never
//! give a container anything of this machine but its packs and the guest, both read-only.

mod clean;
pub mod disk;
mod docker;
mod error;
pub mod guest;
mod labels;
mod owner;
pub mod pack;
mod sandbox;

use docker::{attach, changes, engine, image, job, quirks, reap, remove, start, terminal, transport, upper};

pub use changes::{Change, Changes};
pub use clean::{Leftover, LeftoverKind, Leftovers};
pub use engine::{Engine, Facts, Settings, cache_directory};
pub use error::{Cause, EngineError};
pub use image::{BuiltImage, Image, ImageRequest, Progress, Repository};
pub use labels::Labels;
pub use owner::{Life, Owner};
pub use reap::{Listed, Reaped};
pub use sandbox::{Resources, Sandbox, State};
pub use start::{CAPABILITIES, GivenLimits, Network, PackMount, StartSpec};
pub use terminal::{Program, Size, Terminal, TerminalRequest};
pub use upper::Written;

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
