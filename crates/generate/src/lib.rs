//! Fresh tasks from a seed: family, seed, index and difficulty in, a task's files out.
//!
//! Nothing here reads a clock, the environment or the disk, and all randomness is [`stats::SplitMix64`]: the same
//! [`Recipe`] gives the same bytes on any machine. A family draws a problem as settings. From the settings come the
//! instruction, the solution's program and, by a model of it in Rust, what hidden inputs have to give. A wrong
//! solution is the right program under settings with one thing changed, and the model shows that some hidden input
//! tells it apart; a problem of which that is not so is drawn again.

mod draw;
mod families;
mod files;
mod pattern;
mod problem;
mod recipe;

pub use files::{File, common_tests};
pub use pattern::{Pattern, PatternError};
pub use recipe::{DIFFICULTIES, Family, Recipe};

/// A generated task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What it was made from.
    pub recipe: Recipe,
    /// The quantity that grows with the difficulty; [`Family::quantity`] says what is counted.
    pub quantity: u32,
    /// Its files, sorted by path.
    pub files: Vec<File>,
}

/// The task that a recipe makes.
///
/// # Errors
/// If no draw in [`GenerateError::DRAWS`] gave a problem that tells right from wrong; no recipe is known that fails.
pub fn generate(recipe: Recipe) -> Result<Task, GenerateError> {
    (0..GenerateError::DRAWS)
        .map(|draw| families::problem(recipe, &mut draw::Draw::new(recipe, draw)))
        .find(problem::Problem::tells_apart)
        .map(|problem| Task { recipe, quantity: problem.quantity, files: files::of(recipe, &problem) })
        .ok_or(GenerateError { recipe })
}

/// Why a recipe makes no task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no problem drawn for {} tells its wrong solutions from the right one: take another seed", recipe.id())]
#[expect(missing_docs, reason = "the messages say it")]
pub struct GenerateError {
    pub recipe: Recipe,
}

impl GenerateError {
    /// Draws after which a recipe is given up.
    pub const DRAWS: u64 = 200;
}
