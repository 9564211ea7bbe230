//! What the numbers of a gap allow to be said, and no more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::{Flag, FlagName};

use crate::{Estimate, GapSummary, Thresholds};

/// The one statement a gap allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// None: planned trials have not ended.
    Incomplete,
    /// None: too many trials are missing (`GATE_FAIL`).
    TooManyMissing,
    /// None: the run tells the baseline from itself (`CONTROL_FAIL`).
    ControlFails,
    /// None: no task was run in both arms.
    NoTask,
    /// None: there is one task (or family) only.
    OneUnit,
    /// All units differ by the same amount, so that there is no spread to take an interval from.
    NoSpread,
    /// The arms are as good as equal: the 90 % interval lies inside the margin.
    Equivalent,
    /// No difference was found, which does not mean that there is none.
    NoDifference,
    /// A difference, for which no single number can be given: the flags say why.
    Disputed {
        /// Names of the flags.
        flags: Vec<FlagName>,
    },
    /// A difference: the interval leaves out 0, and p, adjusted for the number of gaps, is at most .05.
    Difference,
}

/// Flags that forbid telling a gap by one number.
const DISPUTED: [FlagName; 4] = [
    FlagName::SignDisagree,
    FlagName::MagnitudeDisagree,
    FlagName::DominantFamily,
    FlagName::LeaveOneFamilyOutFlip,
];

impl Verdict {
    /// Whether it states a gap's direction or absence: the others say why nothing is stated.
    pub fn is_statement(&self) -> bool {
        matches!(self, Self::Equivalent | Self::NoDifference | Self::Disputed { .. } | Self::Difference)
    }

    /// Of a gap whose p has been adjusted.
    pub(crate) fn of(gap: &GapSummary, whole: bool, thresholds: &Thresholds) -> Self {
        let has = |name: FlagName| gap.flags.iter().any(|flag: &Flag| flag.name == name);
        let Some(headline) = gap.headline().0 else { return Self::NoTask };
        if !whole {
            return Self::Incomplete;
        }
        if has(FlagName::GateFail) {
            return Self::TooManyMissing;
        }
        if headline.standard_error.is_none() {
            return Self::OneUnit;
        }
        if headline.lower.is_none() {
            return Self::NoSpread;
        }
        let shown = headline.leaves_out_zero() && gap.p_holm.is_some_and(|p| p <= thresholds.level.alpha());
        if !shown {
            let equivalent = gap.equivalence.is_some_and(|test| test.equivalent);
            return if equivalent { Self::Equivalent } else { Self::NoDifference };
        }
        let flags: Vec<FlagName> = DISPUTED.into_iter().filter(|name| has(*name)).collect();
        if flags.is_empty() { Self::Difference } else { Self::Disputed { flags } }
    }
}

/// Whether a control shows a difference: its interval leaves out 0, or all its differences are the same and not 0.
pub(crate) fn control_fails(control: &GapSummary, alpha: f64) -> bool {
    let beyond = |found: Estimate| {
        let by_one_amount = found.lower.is_none() && found.estimate != 0.0;
        found.leaves_out_zero() || (by_one_amount && control.headline().1.is_some_and(|p| p <= alpha))
    };
    control.headline().0.is_some_and(beyond)
}
