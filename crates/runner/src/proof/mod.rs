//! A task's own solutions played in the agent's place: by a script instead of a model, and otherwise through the same
//! container, user, collection and grading as a trial.

mod attack;
mod check;
mod stage;

pub use crate::grading::rewards::OutOfBounds;
pub use attack::{Attacked, Stand};
pub use check::{Checked, GRADING_LIMIT, Line, Plan, check};
pub use stage::{Play, Played, ProofError, ScriptFailure, Stage};
