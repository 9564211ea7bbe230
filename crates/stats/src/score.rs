use crate::moments::sum;

/// One task in one arm: what its attempts scored, reduced to what the estimators need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    attempts: u32,
    total: f64,
    total_of_squares: f64,
}

impl Score {
    /// `passes` of `attempts`; `None` without attempts or with more passes than attempts.
    pub fn from_passes(passes: u32, attempts: u32) -> Option<Score> {
        let possible = attempts > 0 && passes <= attempts;
        possible.then(|| Score { attempts, total: f64::from(passes), total_of_squares: f64::from(passes) })
    }

    /// Attempts with partial credit; `None` without attempts or with a value outside [0, 1].
    pub fn from_values(values: &[f64]) -> Option<Score> {
        let possible = !values.is_empty() && values.iter().all(|v| (0.0..=1.0).contains(v));
        possible.then(|| Score {
            attempts: u32::try_from(values.len()).unwrap_or(u32::MAX),
            total: sum(values),
            total_of_squares: sum(&values.iter().map(|v| v * v).collect::<Vec<f64>>()),
        })
    }

    /// Number of attempts, at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Mean over attempts, in [0, 1].
    pub fn mean(&self) -> f64 {
        self.total / f64::from(self.attempts)
    }

    /// Number of passes; `None` when an attempt earned partial credit.
    pub fn passes(&self) -> Option<u32> {
        let whole = self.total == self.total_of_squares && self.total.fract() == 0.0;
        whole.then_some(self.total as u32)
    }

    /// Variance between attempts, divisor k − 1: k/(k−1)·ȳ(1−ȳ) for passes. `None` for a single attempt.
    pub fn variance(&self) -> Option<f64> {
        let k = f64::from(self.attempts);
        (self.attempts > 1).then(|| ((self.total_of_squares - self.total * self.mean()) / (k - 1.0)).max(0.0))
    }
}

/// One task in the two arms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskPair {
    /// The baseline arm.
    pub baseline: Score,
    /// The arm compared with it.
    pub other: Score,
}

impl TaskPair {
    /// Other minus baseline, in [−1, 1].
    pub fn difference(&self) -> f64 {
        // One division when the denominators agree: 4/5 − 3/5 must be the very number 1/5 is.
        if self.baseline.attempts == self.other.attempts {
            (self.other.total - self.baseline.total) / f64::from(self.other.attempts)
        } else {
            self.other.mean() - self.baseline.mean()
        }
    }

    /// The same difference as a fraction; `None` with partial credit.
    pub fn ratio(&self) -> Option<Ratio> {
        let (b, o) = (i64::from(self.baseline.passes()?), i64::from(self.other.passes()?));
        let (kb, ko) = (i64::from(self.baseline.attempts), i64::from(self.other.attempts));
        Ratio::new(o.checked_mul(kb)?.checked_sub(b.checked_mul(ko)?)?, kb.checked_mul(ko)?)
    }

    /// The pair with its arms exchanged.
    pub fn swapped(&self) -> TaskPair {
        TaskPair { baseline: self.other, other: self.baseline }
    }
}

/// Differences of `pairs`, other minus baseline, in their order.
pub fn differences(pairs: &[TaskPair]) -> Vec<f64> {
    pairs.iter().map(TaskPair::difference).collect()
}

/// An exact fraction in lowest terms with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    numerator: i64,
    denominator: i64,
}

impl Ratio {
    /// `numerator / denominator`; `None` when the denominator is not positive.
    pub fn new(numerator: i64, denominator: i64) -> Option<Ratio> {
        if denominator <= 0 {
            return None;
        }
        let divisor = i64::try_from(gcd(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?;
        Some(Ratio { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// Numerator in lowest terms.
    pub fn numerator(&self) -> i64 {
        self.numerator
    }

    /// Denominator in lowest terms, positive.
    pub fn denominator(&self) -> i64 {
        self.denominator
    }

    /// The nearest floating-point number.
    pub fn value(&self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The sum; `None` on overflow.
    pub fn plus(&self, other: Ratio) -> Option<Ratio> {
        let scale =
            other.denominator / gcd(self.denominator.unsigned_abs(), other.denominator.unsigned_abs()) as i64;
        let denominator = self.denominator.checked_mul(scale)?;
        let left = self.numerator.checked_mul(scale)?;
        let right = other.numerator.checked_mul(denominator / other.denominator)?;
        Ratio::new(left.checked_add(right)?, denominator)
    }

    /// The difference; `None` on overflow.
    pub fn minus(&self, other: Ratio) -> Option<Ratio> {
        self.plus(Ratio { numerator: other.numerator.checked_neg()?, denominator: other.denominator })
    }

    /// A whole part of it; `None` when `parts` is 0 or on overflow.
    pub fn divided_by(&self, parts: usize) -> Option<Ratio> {
        Ratio::new(self.numerator, self.denominator.checked_mul(i64::try_from(parts).ok()?)?)
    }

    /// Mean of `ratios`; `None` for none of them or on overflow.
    pub fn mean(ratios: &[Ratio]) -> Option<Ratio> {
        let zero = Ratio { numerator: 0, denominator: 1 };
        ratios.iter().try_fold(zero, |sum, ratio| sum.plus(*ratio))?.divided_by(ratios.len())
    }
}

/// Numbers as whole multiples of one common step, so that ties are ties and sums are exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    counts: Vec<i64>,
    per_unit: i64,
}

impl Steps {
    /// Numbers of `counts` steps each, `per_unit` of which make 1; `None` unless that is positive.
    pub fn new(counts: Vec<i64>, per_unit: i64) -> Option<Steps> {
        (per_unit > 0).then_some(Steps { counts, per_unit })
    }

    /// How many steps each number is.
    pub fn counts(&self) -> &[i64] {
        &self.counts
    }

    /// How many steps make 1.
    pub fn per_unit(&self) -> i64 {
        self.per_unit
    }

    /// `ratios` on their least common denominator; `None` when that overflows.
    pub fn from_ratios(ratios: &[Ratio]) -> Option<Steps> {
        let per_unit = ratios.iter().try_fold(1_i64, |lcm, ratio| {
            let shared = i64::try_from(gcd(lcm.unsigned_abs(), ratio.denominator.unsigned_abs())).ok()?;
            (lcm / shared).checked_mul(ratio.denominator)
        })?;
        let counts = ratios
            .iter()
            .map(|ratio| ratio.numerator.checked_mul(per_unit / ratio.denominator))
            .collect::<Option<Vec<i64>>>()?;
        Some(Steps { counts, per_unit })
    }

    /// The differences of `pairs`; `None` with partial credit or on overflow.
    pub fn from_pairs(pairs: &[TaskPair]) -> Option<Steps> {
        Steps::from_ratios(&pairs.iter().map(TaskPair::ratio).collect::<Option<Vec<Ratio>>>()?)
    }

    /// The mean difference of each family, for tests that flip whole families; `None` as above or for an
    /// empty family.
    pub fn from_family_means<F: AsRef<[TaskPair]>>(families: &[F]) -> Option<Steps> {
        let mean_of = |family: &F| {
            let ratios = family.as_ref().iter().map(TaskPair::ratio).collect::<Option<Vec<Ratio>>>()?;
            Ratio::mean(&ratios)
        };
        Steps::from_ratios(&families.iter().map(mean_of).collect::<Option<Vec<Ratio>>>()?)
    }
}

pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}
