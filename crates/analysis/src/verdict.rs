//! What the numbers of a gap allow to be said, and no more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::{FlagName, Severity};

use crate::{Estimate, GapSummary};

/// The one statement a gap allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// None: planned trials have not ended.
    Incomplete,
    /// None: the scores of missing trials could decide it, or are most of an arm's.
    TooManyMissing,
    /// None: a flag of the run, or of either arm, forbids it ([`GapSummary::forbidden_by`]).
    Forbidden,
    /// None: the run tells the baseline from itself (`CONTROL_FAIL`).
    ControlFails,
    /// None: no task was run in both arms.
    NoTask,
    /// None: there is one task only.
    OneUnit,
    /// The arms are as good as equal: the interval at 1 − 2α lies inside the margin.
    Equivalent,
    /// No difference was found, which does not mean that there is none.
    NoDifference,
    /// A difference: the interval, at a level that holds for all gaps of the plan, leaves out 0.
    Difference,
}

impl Verdict {
    /// Whether it states a gap's direction or absence: the others say why nothing is stated.
    pub fn is_statement(self) -> bool {
        matches!(self, Self::Equivalent | Self::NoDifference | Self::Difference)
    }

    pub(crate) fn of(gap: &GapSummary, whole: bool) -> Self {
        let Some(estimate) = gap.estimate else { return Self::NoTask };
        if !whole {
            return Self::Incomplete;
        }
        if !gap.forbidden_by.is_empty() {
            return Self::Forbidden;
        }
        if estimate.lower.is_none() {
            return Self::OneUnit;
        }
        if estimate.leaves_out_zero() {
            return Self::Difference;
        }
        if gap.equivalence.is_some_and(|test| test.equivalent) {
            return Self::Equivalent;
        }
        if gap.missing.is_some_and(|missing| missing.decides) || is_mostly_missing(gap) {
            return Self::TooManyMissing;
        }
        Self::NoDifference
    }
}

/// Whether a flag says that what it is about is not to be stated. What a failed control says, the control's own verdict does.
pub(crate) fn forbids(name: FlagName) -> bool {
    name.severity() == Severity::Error && name != FlagName::ControlFail
}

/// Whether such a flag is about the whole ledger, wherever it was raised.
pub(crate) fn is_of_the_run(name: FlagName) -> bool {
    use FlagName::{DuplicateCall, ImpossibleTasks, MeterMismatch, TunedOnTest, UnrecordedCall};
    matches!(name, DuplicateCall | UnrecordedCall | MeterMismatch | TunedOnTest | ImpossibleTasks)
}

/// Share of an arm's trials above which what is left says nothing of it.
pub(crate) const MOST: f64 = 0.5;

/// Whether most of either arm is missing.
fn is_mostly_missing(gap: &GapSummary) -> bool {
    gap.missing.is_some_and(|missing| missing.rate_arm.max(missing.rate_baseline) > MOST)
}

/// Whether a control shows a difference: its interval, at a level that holds for all controls of the plan, leaves out 0.
pub(crate) fn control_fails(control: &GapSummary) -> bool {
    control.verdict.is_statement() && control.estimate.is_some_and(|found: Estimate| found.leaves_out_zero())
}
