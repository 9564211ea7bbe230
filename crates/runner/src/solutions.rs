//! What the tasks of a run come to without an agent, looked for once where it is asked for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ledger::SolutionAgain;
use tokio::sync::OnceCell;

/// What a task's tests make of its own solution; of a container that nobody touched, where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// There is a verdict.
    Judged,
    /// There is none.
    NotJudged,
}

/// What is known of each task, looked for once.
pub(crate) struct ByTask<T>(Mutex<HashMap<String, Arc<OnceCell<T>>>>);

/// What tests make of each task's own solution.
pub(crate) type Solutions = ByTask<Own>;

/// What putting test and runner files back does to each task's own solution.
pub(crate) type SolutionsAgain = ByTask<SolutionAgain>;

impl<T> Default for ByTask<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> ByTask<T> {
    /// What is known of a task, or what `tried` finds; a failure of that is not kept.
    ///
    /// # Errors
    /// That failure.
    pub(crate) async fn of<E>(&self, task: &str, tried: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let known = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(task.to_owned()).or_default().clone()
        };
        known.get_or_try_init(|| tried).await.cloned()
    }
}
