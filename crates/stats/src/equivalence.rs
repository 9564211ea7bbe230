use serde::{Deserialize, Serialize};

use crate::distributions::{t_quantile, t_upper};
use crate::gap::Gap;
use crate::interval::{Interval, Level};

/// Two one-sided tests of whether a gap is as good as none. That a gap is not significant is not this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equivalence {
    /// δ₀, fixed before the run: gaps inside ±δ₀ do not matter.
    pub margin: f64,
    /// p-value of the test that Δ ≤ −δ₀.
    pub p_lower: f64,
    /// p-value of the test that Δ ≥ δ₀.
    pub p_upper: f64,
    /// The larger of the two.
    pub p_value: f64,
    /// The t interval at 1 − 2α, which must lie inside ±δ₀.
    pub interval: Interval,
    /// Whether "no gap" may be said: the interval lies inside ±δ₀.
    pub equivalent: bool,
}

/// Tests `gap` against ±`margin` at 5 %, with the 90 % interval. `None` without a t inference: units that all
/// agree prove nothing.
pub fn equivalence(gap: &Gap, margin: f64) -> Option<Equivalence> {
    let student = gap.student()?;
    let (level, se, df) = (Level::P90, student.standard_error, student.df);
    let interval = Interval::around(gap.estimate, t_quantile(level.upper_tail(), df) * se, level);
    let (p_lower, p_upper) =
        (t_upper((gap.estimate + margin) / se, df), t_upper((margin - gap.estimate) / se, df));
    Some(Equivalence {
        margin,
        p_lower,
        p_upper,
        p_value: p_lower.max(p_upper),
        interval,
        equivalent: interval.lower > -margin && interval.upper < margin,
    })
}
