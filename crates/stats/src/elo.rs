//! Abilities on a chess-like scale. It is ours: its numbers are nobody else's.

use serde::{Deserialize, Serialize};

use crate::interval::{Interval, Level};
use crate::rasch::RaschFit;

/// Points per logit, 400/ln 10: 200 points are odds of √10.
pub const ELO_PER_LOGIT: f64 = 400.0 / std::f64::consts::LN_10;
/// What the reference subject is given.
pub const ELO_REFERENCE: f64 = 1000.0;

/// A subject's place on the scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EloRating {
    /// 1000 + (400/ln 10)(θ − θ_ref).
    pub rating: f64,
    /// Sandwich standard error of the distance to the reference; 0 for the reference itself.
    pub standard_error: f64,
    /// The same from the model's covariance.
    pub model_error: f64,
    /// Whether the subject passed everything or nothing.
    pub unbounded: bool,
}

/// All subjects of `fit`, relative to the subject `reference` (the bare arm of a declared model). `None` when
/// there is no such subject.
pub fn elo_ratings(fit: &RaschFit, reference: usize) -> Option<Vec<EloRating>> {
    let origin = fit.abilities.get(reference)?;
    let rate = |(subject, theta): (usize, &f64)| EloRating {
        rating: ELO_REFERENCE + ELO_PER_LOGIT * (theta - origin),
        standard_error: ELO_PER_LOGIT
            * fit.sandwich_covariance.variance_of_difference(subject, reference).sqrt(),
        model_error: ELO_PER_LOGIT * fit.model_covariance.variance_of_difference(subject, reference).sqrt(),
        unbounded: fit.unbounded.get(subject).copied().unwrap_or(false),
    };
    Some(fit.abilities.iter().enumerate().map(rate).collect())
}

/// The gap between two subjects in points; it does not depend on the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EloGap {
    /// Other minus baseline.
    pub estimate: f64,
    /// Sandwich standard error; the model's where that collapses, because either subject is unbounded or both
    /// have the same counts on every item.
    pub standard_error: f64,
    /// Standard error from the model's covariance.
    pub model_error: f64,
    /// Normal interval on `standard_error`.
    pub interval: Interval,
    /// `UNBOUNDED`: either subject passed everything or nothing; only one side of the interval means
    /// anything.
    pub unbounded: bool,
}

/// The gap from subject `baseline` to subject `other`. `None` when either does not exist.
pub fn elo_gap(fit: &RaschFit, baseline: usize, other: usize, level: Level) -> Option<EloGap> {
    let estimate = ELO_PER_LOGIT * (fit.abilities.get(other)? - fit.abilities.get(baseline)?);
    let unbounded = *fit.unbounded.get(baseline)? || *fit.unbounded.get(other)?;
    let error = |covariance: &crate::matrix::Matrix| {
        ELO_PER_LOGIT * covariance.variance_of_difference(other, baseline).sqrt()
    };
    let model_error = error(&fit.model_covariance);
    let sandwich_error = error(&fit.sandwich_covariance);
    // Two subjects with the same counts everywhere leave no spread between items: an error of 0 is not
    // certainty.
    let collapsed = sandwich_error <= 1e-6 * model_error;
    let standard_error = if unbounded || collapsed { model_error } else { sandwich_error };
    let interval = Interval::around(estimate, level.z() * standard_error, level);
    Some(EloGap { estimate, standard_error, model_error, interval, unbounded })
}

/// The odds ratio that `points` stand for, 10^(points/400).
pub fn elo_odds(points: f64) -> f64 {
    10.0_f64.powf(points / 400.0)
}

/// The probability of solving an item of which one is `points` above.
pub fn elo_success(points: f64) -> f64 {
    1.0 / (1.0 + elo_odds(-points))
}
