//! Exact one-sided tests of counts: against a known rate, and against another count.

use crate::count::Count;
use crate::distributions::{beta_cdf, ln_choose};

/// P(X ≥ hits) for X ~ Binomial(n, `rate`): how likely so many hits or more are at a clean control's rate. 1 for no
/// hit.
///
/// `None` unless 0 ≤ `rate` ≤ 1.
pub fn binomial_greater(count: Count, rate: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&rate) {
        return None;
    }
    if count.hits() == 0 {
        return Some(1.0);
    }
    // The upper tail of a binomial is a beta's lower one. Taken directly it keeps its digits however small it is.
    Some(beta_cdf(rate, f64::from(count.hits()), f64::from(count.misses()) + 1.0))
}

/// Fisher's exact test, one-sided: how likely `first` has so many hits or more, given both sizes and all hits, when
/// both have one rate. 1 when either has no tries.
///
/// Summed from the observed table outwards, so time grows with the law's spread, √n, and not with n.
pub fn fisher_greater(first: Count, second: Count) -> f64 {
    let (n, m) = (u64::from(first.of()), u64::from(second.of()));
    let (hits, all) = (u64::from(first.hits()), u64::from(first.hits()) + u64::from(second.hits()));
    let (least, most) = (all.saturating_sub(m), n.min(all));
    // Hypergeometric: C(n, x)·C(m, all − x) / C(n + m, all).
    let probability = |x: u64| (ln_choose(n, x) + ln_choose(m, all - x) - ln_choose(n + m, all)).exp();
    // p(x + 1)/p(x).
    let growth = |x: u64| {
        let up = (n - x) as f64 * (all - x) as f64;
        up / ((x + 1) as f64 * (m + x + 1 - all) as f64)
    };
    // Terms shrink away from the mode, so the tail that does not hold it is the one to sum.
    if hits > least && growth(hits - 1) <= 1.0 {
        tail(probability(hits), (hits..most).map(growth)).min(1.0)
    } else if hits > least {
        let below = (least..hits - 1).rev().map(|x| 1.0 / growth(x));
        (1.0 - tail(probability(hits - 1), below)).max(0.0)
    } else {
        1.0
    }
}

/// A sum whose first term is `first` and whose every next one is the last times a factor, until terms no longer count.
fn tail(first: f64, factors: impl Iterator<Item = f64>) -> f64 {
    let (mut term, mut sum) = (first, first);
    for factor in factors {
        term *= factor;
        sum += term;
        if term <= 1e-17 * sum {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hits: u32, of: u32) -> Count {
        Count::new(hits, of).unwrap()
    }

    /// The same tail, term by term over the whole law.
    fn by_hand(first: Count, second: Count) -> f64 {
        let (n, m) = (u64::from(first.of()), u64::from(second.of()));
        let all = u64::from(first.hits() + second.hits());
        let choose = |n: u64, k: u64| if k > n { 0.0 } else { ln_choose(n, k).exp() };
        let from = u64::from(first.hits());
        (from..=all).map(|x| choose(n, x) * choose(m, all - x) / choose(n + m, all)).sum()
    }

    #[test]
    fn every_small_table_is_what_the_whole_law_gives() {
        for (n, m) in [(0, 5), (5, 0), (1, 1), (4, 7), (9, 3), (12, 12)] {
            for (a, b) in (0..=n).flat_map(|a| (0..=m).map(move |b| (a, b))) {
                let (first, second) = (count(a, n), count(b, m));
                let (fast, slow) = (fisher_greater(first, second), by_hand(first, second));
                assert!((fast - slow).abs() < 1e-12, "{a}/{n} and {b}/{m}: {fast} is not {slow}");
            }
        }
    }

    #[test]
    fn large_tables_take_no_time() {
        let half = count(u32::MAX / 2, u32::MAX);
        assert!((fisher_greater(half, half) - 0.5).abs() < 1e-3);
        assert!(fisher_greater(count(u32::MAX, u32::MAX), count(0, u32::MAX)) < 1e-300);
        assert_eq!(fisher_greater(count(0, u32::MAX), count(u32::MAX, u32::MAX)), 1.0);
    }

    #[test]
    fn a_rate_outside_its_range_is_undefined() {
        for rate in [-0.1, 1.1, f64::NAN] {
            assert_eq!(binomial_greater(count(1, 2), rate), None);
        }
        assert_eq!(binomial_greater(count(1, 2), 0.0), Some(0.0));
        assert_eq!(binomial_greater(count(2, 2), 1.0), Some(1.0));
        assert_eq!(binomial_greater(count(0, 0), 0.5), Some(1.0));
    }
}
