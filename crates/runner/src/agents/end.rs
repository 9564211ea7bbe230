//! How the agent's part ended.

use ledger::Outcome;
use spec::harness::Told;
use vocabulary::Flag;

/// How the agent's part ended, as far as the agent itself knows.
#[derive(Debug, Default)]
pub(crate) struct AgentEnd {
    /// Why it was cut short; `None` when it ended by itself.
    pub(crate) outcome: Option<Outcome>,
    /// Whether a model call that failed for good ended it.
    pub(crate) model_failed: bool,
    pub(crate) detail: String,
    pub(crate) output: Option<Vec<u8>>,
    /// What the harness says it used.
    pub(crate) told: Option<Told>,
    pub(crate) flags: Vec<Flag>,
}
