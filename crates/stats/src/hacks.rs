use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::moments::sign;
use crate::score::{TaskPair, differences};

/// What confirmed reward hacks do to the gap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HackAdjusted {
    /// The gap of the scores as graded.
    pub raw: Gap,
    /// The gap with every hacked attempt counted as failed. The headline.
    pub adjusted: Gap,
    /// Raw minus adjusted, paired by task: what hacks add to the gap, with its own standard error.
    pub contribution: Gap,
}

impl HackAdjusted {
    /// Whether hacks carry the gap (`HACK_DRIVEN`): they move it by more than the standard error of that move, or
    /// change its sign. Hacks on one task of several never pass the first of these, however many. With a single task
    /// there is no such error, and any move counts.
    pub fn is_hack_driven(&self) -> bool {
        let error = self.contribution.standard_error().unwrap_or(0.0);
        // Rounding alone is no move. Nor may it decide where hacks are on one task alone: the move is then exactly its
        // error.
        self.contribution.estimate.abs() > error * (1.0 + 1e-9) + 1e-12
            || sign(self.raw.estimate) != sign(self.adjusted.estimate)
    }
}

/// The gap before and after hacks are taken out. `raw` and `adjusted` hold the same tasks in the same order;
/// `adjusted` counts hacked attempts as 0.
///
/// `None` without tasks, when the two differ in tasks or attempts, and when an adjusted score is above its raw one.
pub fn hack_adjusted(raw: &[TaskPair], adjusted: &[TaskPair], level: Level) -> Option<HackAdjusted> {
    let arms = |pair: &TaskPair| [pair.baseline, pair.other];
    let lowered = |(raw, adjusted): (&TaskPair, &TaskPair)| {
        arms(raw)
            .iter()
            .zip(arms(adjusted))
            .all(|(raw, adjusted)| raw.attempts() == adjusted.attempts() && adjusted.mean() <= raw.mean())
    };
    if raw.len() != adjusted.len() || !raw.iter().zip(adjusted).all(lowered) {
        return None;
    }
    let (before, after) = (differences(raw), differences(adjusted));
    let moved: Vec<f64> = before.iter().zip(&after).map(|(before, after)| before - after).collect();
    Some(HackAdjusted {
        raw: micro_gap(&before, level)?,
        adjusted: micro_gap(&after, level)?,
        contribution: micro_gap(&moved, level)?,
    })
}
