//! Many models on the same tasks: does the harness help some more than others, and does it change their
//! order?

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::interval::Level;
use crate::moments::mean;
use crate::score::{Ratio, Score, TaskPair};
use crate::sign_flip::sign_flip_tasks;

/// Mean difference of each task over `models`, each with its pairs of the same tasks in the same order.
///
/// `None` without models or when they differ in the number of tasks.
pub fn pooled_differences<M: AsRef<[TaskPair]>>(models: &[M]) -> Option<Vec<f64>> {
    let tasks = shared_tasks(models)?;
    let at = |i: usize| models.iter().map(|model| model.as_ref()[i].difference()).collect::<Vec<f64>>();
    (0..tasks).map(|i| mean(&at(i))).collect()
}

fn pooled_ratios<M: AsRef<[TaskPair]>>(models: &[M]) -> Option<Vec<Ratio>> {
    let tasks = shared_tasks(models)?;
    let at = |i: usize| models.iter().map(|model| model.as_ref()[i].ratio()).collect::<Option<Vec<Ratio>>>();
    (0..tasks).map(|i| Ratio::mean(&at(i)?)).collect()
}

fn shared_tasks<M: AsRef<[TaskPair]>>(models: &[M]) -> Option<usize> {
    let tasks = models.first()?.as_ref().len();
    models.iter().all(|model| model.as_ref().len() == tasks).then_some(tasks)
}

/// The harness effect pooled over models. Models share tasks, so their gaps are correlated: tasks are
/// averaged first, never gaps weighted by inverse variance.
///
/// `None` as in [`pooled_differences`] or without tasks.
pub fn pooled_effect<M: AsRef<[TaskPair]>>(models: &[M], level: Level, seed: u64) -> Option<Effect> {
    Effect::of(&pooled_differences(models)?, pooled_ratios(models).as_deref(), level, seed)
}

/// Per task, how much more the other arm helps open models than closed ones.
///
/// `None` without models in either group or when models differ in the number of tasks.
pub fn open_closed_differences<M: AsRef<[TaskPair]>>(open: &[M], closed: &[M]) -> Option<Vec<f64>> {
    let (open, closed) = (pooled_differences(open)?, pooled_differences(closed)?);
    let same = open.len() == closed.len();
    same.then(|| open.iter().zip(&closed).map(|(o, c)| o - c).collect())
}

/// Whether the other arm closes the open–closed gap: the mean of [`open_closed_differences`]. Positive when
/// it helps open models more.
pub fn open_closed_effect<M: AsRef<[TaskPair]>>(
    open: &[M],
    closed: &[M],
    level: Level,
    seed: u64,
) -> Option<Effect> {
    let values = open_closed_differences(open, closed)?;
    let ratios = || -> Option<Vec<Ratio>> {
        pooled_ratios(open)?.iter().zip(pooled_ratios(closed)?).map(|(o, c)| o.minus(c)).collect()
    };
    Effect::of(&values, ratios().as_deref(), level, seed)
}

/// Kendall's τ-b between two scorings of the same models. `None` when they differ in number or either is all
/// ties.
pub fn kendall_tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let order = |x: f64, y: f64| f64::from(crate::moments::sign(x - y));
    let (mut agreement, mut untied_a, mut untied_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let (in_a, in_b) = (order(a[i], a[j]), order(b[i], b[j]));
            agreement += in_a * in_b;
            untied_a += in_a.abs();
            untied_b += in_b.abs();
        }
    }
    let scale: f64 = untied_a * untied_b;
    (scale > 0.0).then(|| agreement / scale.sqrt())
}

/// The ranks a model may have, both ends included, 1 the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankSet {
    /// 1 + the number of models significantly better.
    pub best: usize,
    /// The number of models − those significantly worse.
    pub worst: usize,
}

/// Rank sets of `models` within one arm (after MathArena), each with its scores on the same tasks in the same
/// order, by one-sided sign-flip tests at `alpha`.
///
/// `None` when models differ in the number of tasks.
pub fn rank_sets(models: &[Vec<Score>], alpha: f64, seed: u64) -> Option<Vec<RankSet>> {
    let tasks = models.first().map_or(0, Vec::len);
    if models.iter().any(|model| model.len() != tasks) {
        return None;
    }
    let mut sets = vec![RankSet { best: 1, worst: models.len() }; models.len()];
    for a in 0..models.len() {
        for b in 0..a {
            let paired =
                |(baseline, other): (&Score, &Score)| TaskPair { baseline: *baseline, other: *other };
            let pairs: Vec<TaskPair> = models[b].iter().zip(&models[a]).map(paired).collect();
            let test = sign_flip_tasks(&pairs, seed);
            let (a_better, b_better) = (test.p_greater < alpha, test.p_less < alpha);
            sets[b].best += usize::from(a_better);
            sets[a].worst -= usize::from(a_better);
            sets[a].best += usize::from(b_better);
            sets[b].worst -= usize::from(b_better);
        }
    }
    Some(sets)
}
