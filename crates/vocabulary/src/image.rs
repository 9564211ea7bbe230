//! Images of containers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageSource {
    /// Built from the Dockerfile in this directory.
    Build(PathBuf),
    /// Named.
    Named(String),
}
