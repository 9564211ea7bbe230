//! Why a run cannot go on.

use std::{io, path::PathBuf};

use ledger::blobs::BlobError;
use sandbox::EngineError;
use spec::Arm;
use tokio::task::JoinError;

use crate::{container::images::ImageError, journal::JournalError};

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run's directory.
    #[error(transparent)]
    Directory(#[from] ledger::run::RunError),
    /// The ledger does not fit its plan.
    #[error(transparent)]
    Fold(#[from] ledger::fold::FoldError),
    /// An event does not follow from those before it.
    #[error("the run {0}")]
    Misfit(#[from] ledger::fold::Misfit),
    /// The ledger cannot be written: nothing more is started.
    #[error(
        "the ledger cannot be written: {0}; nothing more was started, and the same command resumes the run"
    )]
    Ledger(#[from] JournalError),
    /// The thread that writes the ledger cannot be started.
    #[error("the thread that writes the ledger cannot be started: {0}")]
    Writer(#[source] io::Error),
    /// A body that belongs to the run as a whole.
    #[error(transparent)]
    Body(#[from] BlobError),
    /// The folder for what only the running program needs.
    #[error("the run's scratch folder: {0}")]
    Scratch(#[source] io::Error),
    /// What was registered is about another plan.
    #[error(
        "{0} is about another plan: put the files back that were registered, or take it away to begin a run that is exploratory"
    )]
    OtherRegistered(PathBuf),
    /// A part of the run has no JSON form.
    #[error("a part of the run has no JSON form: {0}")]
    Json(#[from] serde_json::Error),
    /// A part of this program panicked, or was stopped.
    #[error("a part of this program ended early: {0}")]
    Task(#[from] JoinError),
    /// The engine, before any trial.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Limits that the machine cannot give.
    #[error("{what}: {wanted} {unit}, and this machine has {there}; lower it, or take a larger machine")]
    TooLarge {
        /// Whose limit.
        what: String,
        /// What was asked for.
        wanted: f64,
        /// Its unit.
        unit: &'static str,
        /// What there is.
        there: f64,
    },
    /// The gateway, before any trial.
    #[error(transparent)]
    Gateway(#[from] gateway::OpenError),
    /// The meter's formula.
    #[error("budget.meter: {0}")]
    Meter(#[from] gateway::MeterError),
    /// What an arm's shell tool sees of its container is not what the baseline's sees: no trial was started.
    #[error(
        "the arms' containers differ from that of {baseline}: `-` is what its shell tool sees, `+` what the arm's does\n{differences}\nmend the harness's harness.toml, or declare there under [[differences]] what is meant to be so, with its reason; --no-probe measures with these differences, and the report says so"
    )]
    ArmsDiffer {
        /// The arm compared with.
        baseline: Arm,
        /// Arm by arm, line by line.
        differences: String,
    },
    /// No container can be run with what the sweep names: no trial was started.
    #[error(
        "no container can be run with `runtime = \"{runtime}\"`: {source}; name one that the engine knows and that works, \
         or take the key out of the sweep"
    )]
    Runtime {
        /// As the sweep names it.
        runtime: String,
        /// Why.
        source: Box<EngineError>,
    },
    /// The probe of an arm did not come to its end.
    #[error("the probe of {arm} failed: {detail}")]
    Probe {
        /// The arm.
        arm: Arm,
        /// Why.
        detail: String,
    },
    /// A container that was to be visited did not get ready.
    #[error("the container did not get ready: {0}")]
    Visit(String),
    /// An image, before any trial.
    #[error("the image of task `{task}`: {source}")]
    Image {
        /// The task.
        task: String,
        /// Why.
        source: ImageError,
    },
}
