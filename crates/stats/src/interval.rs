use serde::{Deserialize, Serialize};

use crate::distributions::normal_quantile;

/// The confidence of an interval, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

/// A confidence level that is not strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("confidence level {0} is not between 0 and 1, write for example 0.95")]
pub struct LevelError(f64);

impl Level {
    /// 90 %: what an equivalence test at 5 % looks at.
    pub const P90: Level = Level(0.90);
    /// 95 %: the level of every headline interval.
    pub const P95: Level = Level(0.95);

    /// A level of confidence such as 0.95.
    ///
    /// # Errors
    /// [`LevelError`] unless 0 < `confidence` < 1.
    pub fn new(confidence: f64) -> Result<Level, LevelError> {
        if confidence > 0.0 && confidence < 1.0 { Ok(Level(confidence)) } else { Err(LevelError(confidence)) }
    }

    /// The confidence itself, such as 0.95.
    pub fn get(self) -> f64 {
        self.0
    }

    /// What the interval leaves out on both sides together, such as 0.05.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// The cumulative probability of the upper end, such as 0.975.
    pub fn upper_tail(self) -> f64 {
        1.0 - self.alpha() / 2.0
    }

    pub(crate) fn z(self) -> f64 {
        normal_quantile(self.upper_tail())
    }
}

impl TryFrom<f64> for Level {
    type Error = LevelError;
    fn try_from(confidence: f64) -> Result<Level, LevelError> {
        Level::new(confidence)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> f64 {
        level.get()
    }
}

/// A confidence interval: `lower` ≤ `upper`, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Nominal coverage.
    pub level: Level,
}

impl Interval {
    pub(crate) fn around(center: f64, half_width: f64, level: Level) -> Interval {
        Interval { lower: center - half_width, upper: center + half_width, level }
    }

    pub(crate) fn clamped(self, lowest: f64, highest: f64) -> Interval {
        Interval { lower: self.lower.max(lowest), upper: self.upper.min(highest), level: self.level }
    }

    /// Whether `value` lies inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}
