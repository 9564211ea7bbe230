//! What a run proves to people who were not there: the card that states it, signatures, and what holds both against
//! the run itself.
//!
//! A card is made of a run's directory alone, so that anybody who has the run can make it again. This crate must never
//! compute a statistic (that is `analysis`), never reach a network, and never sign with a key that nobody named.

pub mod bundle;
pub mod card;
pub mod dsse;
pub mod hex;
pub mod key;
pub mod merkle;
pub mod proof;
mod read;
pub mod secrets;
pub mod statement;
pub mod strict;
mod tree;
pub mod verify;

pub use card::{Card, CardError};
pub use read::{Evidence, read};
pub use tree::Tree;

/// What SSH signatures of cards are for: `ssh-keygen -Y sign -n overhang-card`.
pub const NAMESPACE: &str = "overhang-card";
