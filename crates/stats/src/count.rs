use serde::{Deserialize, Serialize};

use crate::interval::{Interval, Level};
use crate::proportion::clopper_pearson;

/// So many of so many: never more hits than tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawCount", into = "RawCount")]
pub struct Count {
    hits: u32,
    of: u32,
}

/// More hits than tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{hits} of {of} is more than all, give at most {of}")]
#[expect(missing_docs, reason = "the message says it")]
pub struct CountError {
    pub hits: u32,
    pub of: u32,
}

/// The written form.
#[derive(Serialize, Deserialize)]
struct RawCount {
    hits: u32,
    of: u32,
}

/// A share with its exact interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Hits over tries, in [0, 1].
    pub estimate: f64,
    /// Clopper and Pearson's interval.
    pub interval: Interval,
}

impl Count {
    /// `hits` of `of`, which may be 0.
    ///
    /// # Errors
    /// [`CountError`] when `hits` exceeds `of`.
    pub fn new(hits: u32, of: u32) -> Result<Count, CountError> {
        if hits <= of { Ok(Count { hits, of }) } else { Err(CountError { hits, of }) }
    }

    /// How many hits.
    pub fn hits(self) -> u32 {
        self.hits
    }

    /// How many tries.
    pub fn of(self) -> u32 {
        self.of
    }

    /// How many tries were no hit.
    pub fn misses(self) -> u32 {
        self.of - self.hits
    }

    /// Hits over tries; `None` without tries.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.hits) / f64::from(self.of))
    }

    /// The share with its exact interval; `None` without tries.
    pub fn proportion(self, level: Level) -> Option<Proportion> {
        let interval = clopper_pearson(u64::from(self.hits), u64::from(self.of), level)?;
        Some(Proportion { estimate: self.share()?, interval })
    }
}

impl TryFrom<RawCount> for Count {
    type Error = CountError;
    fn try_from(raw: RawCount) -> Result<Count, CountError> {
        Count::new(raw.hits, raw.of)
    }
}

impl From<Count> for RawCount {
    fn from(count: Count) -> RawCount {
        RawCount { hits: count.hits, of: count.of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_hits_than_tries_are_refused_in_writing_too() {
        let count = Count::new(2, 3).unwrap();
        let written = serde_json::to_string(&count).unwrap();
        assert_eq!(serde_json::from_str::<Count>(&written).unwrap(), count);
        assert_eq!(Count::new(4, 3), Err(CountError { hits: 4, of: 3 }));
        assert!(serde_json::from_str::<Count>(&written.replace('2', "4")).is_err());
    }

    #[test]
    fn no_tries_have_no_share() {
        let none = Count::new(0, 0).unwrap();
        assert_eq!((none.share(), none.proportion(Level::P95)), (None, None));
        let all = Count::new(5, 5).unwrap().proportion(Level::P95).unwrap();
        assert!(all.estimate == 1.0 && all.interval.upper == 1.0 && all.interval.lower < 0.5);
    }
}
