use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::interval::Level;
use crate::score::{Ratio, Score};

/// One task in the four arms {bare, harness} × {generic, specific prompt}.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FourArms {
    /// Bare loop, generic prompt.
    pub bare_generic: Score,
    /// Bare loop, specific prompt.
    pub bare_specific: Score,
    /// Harness, generic prompt.
    pub harness_generic: Score,
    /// Harness, specific prompt.
    pub harness_specific: Score,
}

/// A question about the four arms, answered by one number per task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// T: harness with specific prompt over bare with generic, the whole elicitation gap.
    Total,
    /// S: what the harness adds, averaged over prompts. T = S + P exactly; both are Shapley values of T.
    Harness,
    /// P: what the prompt adds, averaged over bare and harness.
    Prompt,
    /// I: how much more the prompt adds under the harness than under the bare loop.
    Interaction,
    /// The harness under the generic prompt, S − I/2.
    HarnessAtGeneric,
    /// The harness under the specific prompt, S + I/2.
    HarnessAtSpecific,
    /// The prompt under the bare loop, P − I/2.
    PromptAtBare,
    /// The prompt under the harness, P + I/2.
    PromptAtHarness,
}

impl Contrast {
    /// Weights of bare generic, bare specific, harness generic and harness specific, in halves.
    fn halves(self) -> [i64; 4] {
        match self {
            Contrast::Total => [-2, 0, 0, 2],
            Contrast::Harness => [-1, -1, 1, 1],
            Contrast::Prompt => [-1, 1, -1, 1],
            Contrast::Interaction => [2, -2, -2, 2],
            Contrast::HarnessAtGeneric => [-2, 0, 2, 0],
            Contrast::HarnessAtSpecific => [0, -2, 0, 2],
            Contrast::PromptAtBare => [-2, 2, 0, 0],
            Contrast::PromptAtHarness => [0, 0, -2, 2],
        }
    }

    /// Weights of bare generic, bare specific, harness generic and harness specific.
    pub fn weights(self) -> [f64; 4] {
        self.halves().map(|halves| halves as f64 / 2.0)
    }

    /// The least and the most that it can be on one task.
    pub fn range(self) -> (f64, f64) {
        let most = self.weights().into_iter().filter(|weight| *weight > 0.0).sum::<f64>();
        (-most, most)
    }

    /// Its value on one task.
    pub fn of(self, task: &FourArms) -> f64 {
        // Exact first: rounding would make equal tasks look different and hide that a contrast is degenerate.
        self.ratio(task).map_or_else(
            || {
                let terms = self.halves().into_iter().zip(task.scores());
                terms.map(|(halves, score)| halves as f64 * score.mean()).sum::<f64>() / 2.0
            },
            |ratio| ratio.value(),
        )
    }

    /// The same as a fraction; `None` with partial credit.
    pub fn ratio(self, task: &FourArms) -> Option<Ratio> {
        let zero = Ratio::new(0, 1)?;
        self.halves().into_iter().zip(task.scores()).try_fold(zero, |sum, (halves, score)| {
            let numerator = halves.checked_mul(i64::from(score.passes()?))?;
            sum.plus(Ratio::new(numerator, 2 * i64::from(score.attempts()))?)
        })
    }
}

impl FourArms {
    fn scores(&self) -> [Score; 4] {
        [self.bare_generic, self.bare_specific, self.harness_generic, self.harness_specific]
    }
}

/// `contrast` over `tasks`, those run in all four arms; `None` without tasks. `seed` is used only when
/// exact counting is impossible.
pub fn factorial_effect(tasks: &[FourArms], contrast: Contrast, level: Level, seed: u64) -> Option<Effect> {
    let values: Vec<f64> = tasks.iter().map(|task| contrast.of(task)).collect();
    let ratios = tasks.iter().map(|task| contrast.ratio(task)).collect::<Option<Vec<Ratio>>>();
    Effect::of(&values, ratios.as_deref(), level, seed)
}
