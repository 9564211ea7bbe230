//! Time to solve when there are no checkpoints: cumulative incidence with giving up as a competing end.
//!
//! Giving up is not censoring: a trial that stopped itself without a solution would not have found one by
//! being watched longer, and treating it so inflates success. Attempts of one task are not independent; for
//! intervals over tasks use [`crate::seeded_bootstrap`].

use serde::{Deserialize, Serialize};

/// How a metered trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialEnd {
    /// Stopped itself, and passed.
    Solved,
    /// Stopped itself, and failed.
    GaveUp,
    /// Was cut off by its budget or by infrastructure.
    Censored,
}

/// What a trial had used when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EndedTrial {
    /// Budget units used.
    pub used: f64,
    /// How it ended.
    pub end: TrialEnd,
}

/// The state of all trials once some usage has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IncidencePoint {
    /// Budget units.
    pub used: f64,
    /// Probability of having solved the task by then (Aalen–Johansen).
    pub solved: f64,
    /// Probability of having given up by then.
    pub gave_up: f64,
    /// Probability of neither (Kaplan–Meier over both ends).
    pub undecided: f64,
    /// Greenwood's standard error of `undecided`; `None` once everything is decided.
    pub undecided_error: Option<f64>,
}

/// The cumulative incidence at every usage at which some trial ended, in increasing order; ends count before
/// censorings at the same usage.
///
/// `None` without trials or when a usage is not a number.
pub fn cumulative_incidence(trials: &[EndedTrial]) -> Option<Vec<IncidencePoint>> {
    if trials.is_empty() || trials.iter().any(|trial| trial.used.is_nan()) {
        return None;
    }
    let mut sorted = trials.to_vec();
    sorted.sort_by(|a, b| a.used.total_cmp(&b.used));
    let (mut at_risk, mut greenwood) = (sorted.len() as f64, 0.0);
    let (mut solved, mut gave_up, mut undecided) = (0.0, 0.0, 1.0);
    let point = |together: &[EndedTrial]| {
        let ended = |end: TrialEnd| together.iter().filter(|trial| trial.end == end).count() as f64;
        let (now_solved, now_gave_up) = (ended(TrialEnd::Solved), ended(TrialEnd::GaveUp));
        let decided = now_solved + now_gave_up;
        solved += undecided * now_solved / at_risk;
        gave_up += undecided * now_gave_up / at_risk;
        undecided *= 1.0 - decided / at_risk;
        let left = at_risk - decided;
        greenwood += if decided == 0.0 { 0.0 } else { decided / (at_risk * left) };
        at_risk -= together.len() as f64;
        let undecided_error = (undecided > 0.0).then(|| undecided * greenwood.sqrt());
        IncidencePoint { used: together[0].used, solved, gave_up, undecided, undecided_error }
    };
    Some(sorted.chunk_by(|a, b| a.used == b.used).map(point).collect())
}

/// The last point of `curve` at or before `used`; `None` before the first.
pub fn incidence_at(curve: &[IncidencePoint], used: f64) -> Option<&IncidencePoint> {
    curve.iter().rev().find(|point| point.used <= used)
}
