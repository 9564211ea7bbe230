use serde::{Deserialize, Serialize};

use crate::gap::{Gap, micro_gap};
use crate::interval::Level;
use crate::score::{Ratio, Steps};
use crate::sign_flip::{SignFlip, sign_flip_exact, sign_flip_values};

/// The mean over tasks of any per-task number whose sign is arbitrary under the null hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The mean with its t interval.
    pub gap: Gap,
    /// Sign-flip test over tasks.
    pub sign_flip: SignFlip,
}

impl Effect {
    /// The effect of `values`, tested exactly when the same numbers are given as `ratios` and can be counted;
    /// `seed` is for when they cannot. `None` without values.
    pub fn of(values: &[f64], ratios: Option<&[Ratio]>, level: Level, seed: u64) -> Option<Effect> {
        let exact = ratios.and_then(Steps::from_ratios).and_then(|steps| sign_flip_exact(steps.counts()));
        let sign_flip = exact.unwrap_or_else(|| sign_flip_values(values, seed));
        Some(Effect { gap: micro_gap(values, level)?, sign_flip })
    }
}
