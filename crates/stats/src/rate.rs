use serde::{Deserialize, Serialize};

use crate::distributions::t_quantile;
use crate::inference::Inference;
use crate::interval::{Interval, Level};
use crate::proportion::score_interval;

/// The success rate of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Mean of the task means.
    pub estimate: f64,
    /// CR2 standard error over families; `None` for a single cluster.
    pub standard_error: Option<f64>,
    /// The number of independent trials that would be as informative: p(1−p)/SE², at most the number of trials; the
    /// number of clusters where those all agree.
    pub effective_n: f64,
    /// Wilson's interval on the effective n, with Student's t on the design's degrees of freedom for the normal.
    pub interval: Interval,
}

/// The rate of an arm whose tasks, by family, have the given means over attempts, each in [0, 1], in `trials` trials.
///
/// `None` without tasks or with a mean outside [0, 1].
pub fn arm_rate<F: AsRef<[f64]>>(families: &[F], trials: usize, level: Level) -> Option<Rate> {
    if families.iter().flat_map(AsRef::as_ref).any(|mean| !(0.0..=1.0).contains(mean)) {
        return None;
    }
    let found = Inference::of_values(families, (0.0, 1.0))?;
    let (estimate, df) = (found.estimate.clamp(0.0, 1.0), found.design.df());
    let standard_error = (found.design.clusters() > 1).then_some(found.standard_error);
    let spread = estimate * (1.0 - estimate);
    let effective_n = match standard_error {
        Some(se) if se > 0.0 && spread > 0.0 => (spread / (se * se)).min(trials as f64),
        _ => found.design.clusters() as f64,
    };
    let z = if df > 0.0 { t_quantile(level.upper_tail(), df) } else { f64::INFINITY };
    let interval = if z.is_finite() {
        score_interval(estimate, effective_n, z, level)
    } else {
        Interval { lower: 0.0, upper: 1.0, level }
    };
    Some(Rate { estimate, standard_error, effective_n, interval })
}
