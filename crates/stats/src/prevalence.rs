//! How common something is, when the judge that looks for it errs.

use serde::{Deserialize, Serialize};

use crate::agreement::{Kappa, cohen_kappa};
use crate::count::{Count, Proportion};
use crate::interval::{Interval, Level};

/// A judge's verdicts on items that people have labelled.
///
/// The labelled items must not be chosen by the judge's verdict, for sensitivity and specificity would both be wrong.
/// To draw positives and negatives separately does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Items that people call positive; a hit is one that the judge calls positive too.
    pub positives: Count,
    /// Items that people call negative; a hit is one that the judge calls negative too.
    pub negatives: Count,
}

impl Labelled {
    /// Share of positives that the judge finds, with its exact interval; `None` without positives.
    pub fn sensitivity(&self, level: Level) -> Option<Proportion> {
        self.positives.proportion(level)
    }

    /// Share of negatives that the judge lets pass, with its exact interval; `None` without negatives.
    pub fn specificity(&self, level: Level) -> Option<Proportion> {
        self.negatives.proportion(level)
    }

    /// Agreement of people and judge beyond chance; `None` as in [`cohen_kappa`].
    pub fn kappa(&self) -> Option<Kappa> {
        let (found, passed) = (self.positives, self.negatives);
        let row = |left: u32, right: u32| [u64::from(left), u64::from(right)];
        cohen_kappa(&[row(found.hits(), found.misses()), row(passed.misses(), passed.hits())])
    }
}

/// A share of positives, corrected for a judge's errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prevalence {
    /// What the formula gives: below 0 when the judge found less than its false alarms alone should be.
    pub raw: f64,
    /// The same within [0, 1].
    pub clipped: f64,
}

/// Rogan and Gladen's estimate (1978): π = (p + Sp − 1)/(Se + Sp − 1), from the share `observed` that the judge calls
/// positive.
///
/// `None` when one of the three is outside [0, 1], and for a judge no better than chance (Se + Sp ≤ 1).
pub fn rogan_gladen(observed: f64, sensitivity: f64, specificity: f64) -> Option<Prevalence> {
    let youden = sensitivity + specificity - 1.0;
    let known = [observed, sensitivity, specificity].iter().all(|share| (0.0..=1.0).contains(share));
    if !known || youden <= 1e-12 {
        return None;
    }
    let raw = (observed + specificity - 1.0) / youden;
    Some(Prevalence { raw, clipped: raw.clamp(0.0, 1.0) })
}

/// [`Prevalence`] from counts, with an interval for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorrectedPrevalence {
    /// The point estimate.
    pub estimate: Prevalence,
    /// Lang and Reiczigel's interval within [0, 1]. `None` when nothing in [0, 1] fits the counts, and when the
    /// labelled items are too few to show that the judge is better than chance.
    pub interval: Option<Interval>,
}

/// How common positives are among items of which the judge called `observed` positive, given what it did on
/// `labelled` ones.
///
/// The interval counts the sampling error of all three shares. It is that of Lang and Reiczigel, Preventive Veterinary
/// Medicine 113 (2014) 13–22: shares with pseudo-counts (z²/2 in z² for the observed, 1 in 2 for sensitivity and
/// specificity), an error by the delta method, and a shift of the centre. It is approximate. `observed` must not
/// hold the labelled items.
///
/// `None` without items of any of the three kinds, and for a judge no better than chance.
pub fn corrected_prevalence(
    observed: Count,
    labelled: &Labelled,
    level: Level,
) -> Option<CorrectedPrevalence> {
    let (positives, negatives) = (labelled.positives, labelled.negatives);
    let estimate = rogan_gladen(observed.share()?, positives.share()?, negatives.share()?)?;
    Some(CorrectedPrevalence { estimate, interval: lang_reiczigel(observed, labelled, level) })
}

/// A share with `hits` and `tries` added, and the variance of such a share.
fn padded(count: Count, hits: f64, tries: f64) -> (f64, f64) {
    let n = f64::from(count.of()) + tries;
    let share = (f64::from(count.hits()) + hits) / n;
    (share, share * (1.0 - share) / n)
}

fn lang_reiczigel(observed: Count, labelled: &Labelled, level: Level) -> Option<Interval> {
    let (z, square) = (level.z(), level.z() * level.z());
    let (p, p_variance) = padded(observed, square / 2.0, square);
    let (sensitivity, se_variance) = padded(labelled.positives, 1.0, 2.0);
    let (specificity, sp_variance) = padded(labelled.negatives, 1.0, 2.0);
    let center = rogan_gladen(p, sensitivity, specificity)?.raw;
    let youden = sensitivity + specificity - 1.0;
    let shift = 2.0 * square * (center * se_variance - (1.0 - center) * sp_variance);
    let variance = p_variance + center * center * se_variance + (1.0 - center) * (1.0 - center) * sp_variance;
    let whole = Interval::around(center + shift, z * variance.sqrt() / youden, level);
    (whole.lower <= 1.0 && whole.upper >= 0.0).then(|| whole.clamped(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hits: u32, of: u32) -> Count {
        Count::new(hits, of).unwrap()
    }

    #[test]
    fn a_judge_known_to_be_perfect_leaves_the_interval_of_agresti_and_coull() {
        let perfect = Labelled {
            positives: count(4_000_000_000, 4_000_000_000),
            negatives: count(4_000_000_000, 4_000_000_000),
        };
        let found = corrected_prevalence(count(12, 80), &perfect, Level::P95).unwrap().interval.unwrap();
        let square = Level::P95.z().powi(2);
        let (n, p) = (80.0 + square, (12.0 + square / 2.0) / (80.0 + square));
        let half = Level::P95.z() * (p * (1.0 - p) / n).sqrt();
        assert!((found.lower - (p - half)).abs() < 1e-7 && (found.upper - (p + half)).abs() < 1e-7);
    }

    /// The formula once more in exact fractions, by another program.
    #[test]
    fn intervals_are_those_of_exact_arithmetic() {
        let interval = |observed, positives, negatives| {
            let found =
                corrected_prevalence(observed, &Labelled { positives, negatives }, Level::P95).unwrap();
            found.interval.map(|interval| (interval.lower, interval.upper)).unwrap()
        };
        let (lower, upper) = interval(count(60, 200), count(40, 50), count(90, 100));
        assert!((lower - 0.168_245_808_318).abs() < 1e-9 && (upper - 0.411_349_283_813).abs() < 1e-9);
        let (lower, upper) = interval(count(23, 150), count(24, 25), count(89, 100));
        assert!(lower == 0.0 && (upper - 0.151_395_025_364).abs() < 1e-9);
    }

    #[test]
    fn fewer_labels_widen_the_interval() {
        let width = |n: u32| {
            let labelled = Labelled { positives: count(n * 8 / 10, n), negatives: count(n * 9 / 10, n) };
            let found = corrected_prevalence(count(60, 200), &labelled, Level::P95).unwrap();
            let interval = found.interval.unwrap();
            assert!(interval.contains(found.estimate.clipped));
            interval.upper - interval.lower
        };
        assert!(width(20) > width(100) && width(100) > width(1_000));
    }

    #[test]
    fn what_no_prevalence_explains_has_no_interval() {
        let labelled = Labelled { positives: count(900, 1_000), negatives: count(700, 1_000) };
        let found = corrected_prevalence(count(0, 1_000), &labelled, Level::P95).unwrap();
        assert!(found.estimate.raw < 0.0 && found.estimate.clipped == 0.0);
        assert_eq!(found.interval, None);
    }

    #[test]
    fn a_judge_no_better_than_chance_says_nothing() {
        assert_eq!(rogan_gladen(0.5, 0.5, 0.5), None);
        assert_eq!(rogan_gladen(0.5, 0.2, 0.3), None);
        assert_eq!(rogan_gladen(f64::NAN, 0.9, 0.9), None);
        let labelled = Labelled { positives: count(0, 0), negatives: count(9, 10) };
        assert_eq!(corrected_prevalence(count(1, 2), &labelled, Level::P95), None);
    }

    #[test]
    fn agreement_is_that_of_the_same_table() {
        let labelled = Labelled { positives: count(40, 45), negatives: count(52, 55) };
        assert_eq!(labelled.kappa(), cohen_kappa(&[[40, 5], [3, 52]]));
        assert!((labelled.sensitivity(Level::P95).unwrap().estimate - 40.0 / 45.0).abs() < 1e-15);
        assert!((labelled.specificity(Level::P95).unwrap().estimate - 52.0 / 55.0).abs() < 1e-15);
    }
}
