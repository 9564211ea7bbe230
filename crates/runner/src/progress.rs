//! What a run tells those who watch it.

use ledger::Event;

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
    /// The run's directory is this program's, and holds this plan.
    Begun,
    /// An event is on disk. Those of single model calls are left out: whoever wants them reads the ledger's tail.
    Event(Box<Event>),
    /// Something the watcher should know.
    Note(String),
}

/// Takes what happens, from any task, at once.
pub type Observer = std::sync::Arc<dyn Fn(Progress) + Send + Sync>;
