//! What is written on a container, so that it can be found.

/// What an object is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The run.
    pub run: String,
    /// The trial, or another name for the use within the run.
    pub trial: String,
}
