//! What a run tells those who watch it.

use ledger::{Outcome, TrialId, event::TrialEnd};
use vocabulary::PauseScope;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Progress {
    /// An image is being built or fetched, or is there.
    Image {
        /// The task it is for.
        task: String,
        /// What is done with it.
        step: String,
    },
    /// A try of a trial began.
    Started {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
    },
    /// A try failed for reasons of ours or the provider's, and is made again.
    Retried {
        /// The trial.
        trial: TrialId,
        /// Why.
        outcome: Outcome,
        /// In words.
        detail: String,
    },
    /// A trial ended.
    Ended(Box<TrialEnd>),
    /// Nothing new begins: engine or provider fail for everybody.
    Paused {
        /// `engine`, or a model's id.
        scope: PauseScope,
        /// What fails.
        detail: String,
    },
    /// It works again.
    Resumed {
        /// As when it paused.
        scope: PauseScope,
    },
    /// An arm's harness crashed in its first trials; no more of them are started.
    ArmStopped {
        /// Model id.
        model: String,
        /// The arm.
        arm: spec::Arm,
        /// What it crashed of.
        detail: String,
    },
    /// Something the watcher should know.
    Note(String),
}

/// Takes what happens, from any task, at once.
pub type Observer = std::sync::Arc<dyn Fn(Progress) + Send + Sync>;
