//! Where a report draws its lines. They are fixed with the plan, before anything is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `[thresholds]` of a sweep, each a share of 1. The defaults are those that docs/methodology.md proposes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Share of missing trials in an arm above which it is flagged (`GATE_FAIL`).
    #[schemars(range(min = 0, max = 1))]
    pub missing: f64,
    /// The same for the difference of two arms' shares.
    #[schemars(range(min = 0, max = 1))]
    pub missing_difference: f64,
    /// Difference of the arms' mean unspent budget, as a share of the budget, above which it is flagged
    /// (`UNEQUAL_STOP`).
    #[schemars(range(min = 0, max = 1))]
    pub unequal_stop: f64,
    /// Overshoot of a trial's budget, as a share of it, above which it is flagged (`OVERSHOOT`).
    #[schemars(range(min = 0, max = 1))]
    pub overshoot: f64,
    /// A gap within ± this does not matter: equivalence is tested against it.
    #[schemars(range(min = 0, max = 1))]
    pub margin: f64,
    /// Correlation within families from which on it is said (`CLUSTERED`).
    #[schemars(range(min = 0, max = 1))]
    pub clustered: f64,
    /// Budgets in the curves that are read from finished trials, each half of the next.
    #[schemars(range(min = 1, max = 16))]
    pub curve_points: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            missing: 0.02,
            missing_difference: 0.01,
            unequal_stop: 0.05,
            overshoot: 0.01,
            margin: 0.05,
            clustered: 0.05,
            curve_points: 6,
        }
    }
}
