//! Names of contents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// SHA-256 of a body, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Digest(pub String);
