//! An estimate as reports show it: from one inference, so that number, interval and decision agree.

use std::collections::BTreeMap;

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{Inference, Level};

use crate::Thresholds;

/// A mean over tasks, its uncertainty, and the smallest one this run could have seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The mean over tasks, missing trials as 0.
    pub estimate: f64,
    /// CR2 standard error; 0 when all tasks agree, `None` with one cluster.
    pub standard_error: Option<f64>,
    /// Satterthwaite's degrees of freedom, which the design decides; `None` with one cluster.
    pub df: Option<f64>,
    /// What is independent of each other: families, or the tasks of a single one.
    pub clusters: usize,
    /// Lower end of the interval, for every score that missing trials could have had; `None` with one cluster.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Level of the interval: 0.95 for one statement, 1 − 0.05/m for each of m at once.
    pub level: f64,
    /// Two-sided p of the same inference, not adjusted: the interval leaves out 0 exactly where p is below 1 − level.
    pub p: Option<f64>,
    /// Smallest mean found at this level with 80 % power at the spread seen; `None` without a spread.
    pub smallest_detectable: Option<f64>,
}

impl Estimate {
    /// Whether there is an interval and 0 is not in it.
    pub fn leaves_out_zero(&self) -> bool {
        self.lower.is_some_and(|lower| lower > 0.0) || self.upper.is_some_and(|upper| upper < 0.0)
    }

    pub(crate) fn of(found: &Inference, level: Level, thresholds: &Thresholds) -> Self {
        let several = found.design.clusters() > 1;
        let interval = several.then(|| found.interval(level));
        Self {
            estimate: found.estimate,
            standard_error: several.then_some(found.standard_error),
            df: several.then(|| found.design.df()),
            clusters: found.design.clusters(),
            lower: interval.map(|interval| interval.lower),
            upper: interval.map(|interval| interval.upper),
            level: level.get(),
            p: several.then(|| found.p_value()),
            smallest_detectable: found.smallest_detectable(level, thresholds.power).filter(|_| several),
        }
    }
}

/// The level of each of `statements` made at once, so that all hold together at `level` (Bonferroni). Holm's decisions
/// would find a little more, and no interval goes with them.
pub(crate) fn simultaneous(level: Level, statements: usize) -> Level {
    stats::holm_planning_level(level, u32::try_from(statements).unwrap_or(u32::MAX))
}

/// p of one of `statements` made at once.
pub(crate) fn adjusted(p: Option<f64>, statements: usize) -> Option<f64> {
    p.map(|p| (p * statements.max(1) as f64).min(1.0))
}

/// What tasks have, by their families.
pub(crate) fn by_family<'a, T>(plan: &Plan, tasks: impl IntoIterator<Item = (&'a str, T)>) -> Vec<Vec<T>> {
    let mut families: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (task, value) in tasks {
        families.entry(plan.families.get(task).map_or("", String::as_str)).or_default().push(value);
    }
    families.into_values().collect()
}
