//! Containers for trials, whichever engine runs them: the traits [`Engine`] and [`Sandbox`], the link to the guest, packs,
//! and cleaning up.
//!
//! A sandbox is a container without a network whose first process is the guest; everything said to it goes over one pair
//! of byte streams. What is asked of an engine is said in words of our own: a container is given packs and the guest, and
//! the engine decides how they get there.
//!
//! Must never know which engine it is; that is the business of the one crate that implements it.

mod changes;
mod clean;
mod data;
pub mod disk;
mod engine;
mod error;
pub mod guest;
mod image;
mod job;
mod labels;
mod network;
mod owner;
pub mod pack;
mod reap;
mod repositories;
mod sandbox;
mod start;
mod terminal;

pub use changes::{Change, ChangeKind, Changes};
pub use clean::{Leftover, LeftoverKind, Leftovers, bundle_store, discard, leftovers};
pub use data::{DataDir, cache_directory};
pub use engine::{Engine, Facts, Listed, Storage};
pub use error::{Cause, EngineError};
pub use image::{BuiltImage, Image, ImageRequest, Progress};
pub use job::{Ended, Job, LocalFile};
pub use labels::Labels;
pub use network::PrivateNetwork;
pub use owner::{Life, Owner};
pub use reap::{Reaped, kill_all, reap};
pub use repositories::{Repository, repositories};
pub use sandbox::{Resources, Sandbox, SandboxState, Written, lost_guest};
pub use start::{CAPABILITIES, GUEST_PLACE, GivenLimits, GivenMemory, GivenPids, Joined, Network, StartSpec};
pub use terminal::{Terminal, TerminalProgram, TerminalRequest, TerminalSize};

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
