use serde::{Deserialize, Serialize};

use crate::distributions::{normal_quantile, t_quantile, t_two_sided, t_upper};
use crate::interval::{Interval, Level};
use crate::moments::{mean, variance};
use crate::proportion::{clopper_pearson, zero_of_n_upper};

/// An estimated mean of per-unit differences, where a unit is a task or a family.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The point estimate Δ, in the units of the differences.
    pub estimate: f64,
    /// How many tasks, families or clusters the uncertainty rests on.
    pub units: usize,
    /// What is known about its uncertainty.
    pub spread: Spread,
}

/// The uncertainty of a [`Gap`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Spread {
    /// Fewer than two units: nothing can be said.
    Undefined,
    /// All units agree. The standard error is 0, which is not the same as certainty: print
    /// [`crate::degenerate_bound`] or [`crate::bonett_price`], never ±0.
    Degenerate,
    /// Student's t.
    Student(Student),
}

/// A t-based inference about a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Student {
    /// Standard error of the estimate, positive.
    pub standard_error: f64,
    /// Degrees of freedom; not whole after Satterthwaite.
    pub df: f64,
    /// The estimate over its standard error.
    pub t: f64,
    /// Two-sided p-value of the t test. The p-value to headline is that of the sign flip.
    pub p_value: f64,
    /// Confidence interval of the estimate.
    pub interval: Interval,
}

impl Student {
    /// One-sided p-value of the t test, for an estimate that was expected above 0 before it was seen.
    pub fn p_greater(&self) -> f64 {
        t_upper(self.t, self.df)
    }
}

impl Gap {
    pub(crate) fn from_error(estimate: f64, standard_error: f64, df: f64, units: usize, level: Level) -> Gap {
        let spread = if standard_error > 0.0 && df > 0.0 {
            let t = estimate / standard_error;
            Spread::Student(Student {
                standard_error,
                df,
                t,
                p_value: t_two_sided(t, df),
                interval: Interval::around(
                    estimate,
                    t_quantile(level.upper_tail(), df) * standard_error,
                    level,
                ),
            })
        } else {
            Spread::Degenerate
        };
        Gap { estimate, units, spread }
    }

    /// The t inference, when there is one.
    pub fn student(&self) -> Option<&Student> {
        match &self.spread {
            Spread::Student(student) => Some(student),
            Spread::Degenerate | Spread::Undefined => None,
        }
    }

    /// The standard error: 0 when degenerate, `None` when undefined.
    pub fn standard_error(&self) -> Option<f64> {
        match self.spread {
            Spread::Student(student) => Some(student.standard_error),
            Spread::Degenerate => Some(0.0),
            Spread::Undefined => None,
        }
    }

    /// The t interval, when there is one.
    pub fn interval(&self) -> Option<Interval> {
        self.student().map(|student| student.interval)
    }

    /// Whether all units agree, so that no interval can be formed from their spread (`DEGENERATE`).
    pub fn is_degenerate(&self) -> bool {
        self.spread == Spread::Degenerate
    }

    /// The smallest |Δ| that a design like this one finds with probability `power`:
    /// (z₁₋α/₂ + z_power)·SE. `None` without a positive standard error.
    pub fn mde(&self, level: Level, power: f64) -> Option<f64> {
        self.student().map(|student| (level.z() + normal_quantile(power)) * student.standard_error)
    }

    /// Whether the run was too small to find a gap of the size it saw (`UNDERPOWERED`): |Δ| below the
    /// smallest detectable one, and `p_value` above α.
    pub fn is_underpowered(&self, p_value: f64, level: Level, power: f64) -> bool {
        self.mde(level, power).is_some_and(|mde| self.estimate.abs() < mde && p_value > level.alpha())
    }
}

/// The micro gap: mean of per-task differences with the paired t interval on n − 1 degrees of freedom.
///
/// `None` without tasks.
pub fn micro_gap(differences: &[f64], level: Level) -> Option<Gap> {
    let (estimate, units) = (mean(differences)?, differences.len());
    let Some(variance) = variance(differences) else {
        return Some(Gap { estimate, units, spread: Spread::Undefined });
    };
    let standard_error = (variance / units as f64).sqrt();
    Some(Gap::from_error(estimate, standard_error, units as f64 - 1.0, units, level))
}

/// What can be said when all differences are equal: an interval for the share of tasks in which the arms
/// differ at all, and with it a bound on |Δ|. Exact (Clopper–Pearson); for no task that differs the one-sided
/// 1 − α^{1/n}.
///
/// `None` without tasks.
pub fn degenerate_bound(differences: &[f64], level: Level) -> Option<Interval> {
    let n = differences.len() as u64;
    let differing = differences.iter().filter(|d| **d != 0.0).count() as u64;
    if differing == 0 {
        return zero_of_n_upper(n, level).map(|upper| Interval { lower: 0.0, upper, level });
    }
    clopper_pearson(differing, n, level)
}
