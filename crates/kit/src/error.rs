//! Why the kit could not look.

use std::io;

use spec::FileError;

/// Why the kit could not look: nothing is said of the harness.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// A trial could not be carried out.
    #[error(transparent)]
    Run(#[from] runner::RunError),
    /// A trial has no end in its ledger.
    #[error("the kit's trial `{0}` did not end")]
    NotEnded(&'static str),
    /// The ledger of a trial.
    #[error(transparent)]
    Ledger(#[from] ledger::run::RunError),
    /// A ledger that does not fit its plan.
    #[error(transparent)]
    Fold(#[from] ledger::fold::FoldError),
    /// A body of a trial.
    #[error(transparent)]
    Body(#[from] ledger::blobs::BlobError),
    /// The kit's own task.
    #[error("the kit's own task: {0}")]
    Task(#[from] FileError),
    /// The kit's own sweep or model.
    #[error("the kit's own sweep: {0}")]
    Sweep(#[from] serde_json::Error),
    /// A file, or a port of loopback.
    #[error(transparent)]
    Io(#[from] io::Error),
}
