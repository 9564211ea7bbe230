use serde::{Deserialize, Serialize};

use crate::interval::{Interval, Level};

/// How far two raters agree beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kappa {
    /// Cohen's κ, in [−1, 1]: 0 is the agreement of chance.
    pub estimate: f64,
    /// Its standard error where κ is not 0, by Fleiss, Cohen and Everitt. 0 for full agreement, which is not the
    /// same as certainty.
    pub standard_error: f64,
    /// Share of items on which the raters agree.
    pub observed: f64,
    /// The share that chance would give with each rater's own frequencies.
    pub expected: f64,
}

impl Kappa {
    /// The normal interval, clipped to [−1, 1]; `None` when the standard error is 0.
    pub fn interval(&self, level: Level) -> Option<Interval> {
        let half = level.z() * self.standard_error;
        (half > 0.0).then(|| Interval::around(self.estimate, half, level).clamped(-1.0, 1.0))
    }
}

/// Cohen's κ of two raters over the same items: `table[i][j]` items that the first put into category i and the second
/// into j.
///
/// κ = (p_o − p_e)/(1 − p_e) (Cohen 1960). Standard error by Fleiss, Cohen and Everitt (1969), large-sample. `None`
/// without items, and when both put all of them into one category: chance alone would agree then.
pub fn cohen_kappa<const K: usize>(table: &[[u64; K]; K]) -> Option<Kappa> {
    let cells = || {
        table
            .iter()
            .enumerate()
            .flat_map(|(i, row)| row.iter().enumerate().map(move |(j, x)| (i, j, *x as f64)))
    };
    let n: f64 = cells().map(|(_, _, x)| x).sum();
    if n == 0.0 {
        return None;
    }
    let (mut first, mut second, mut observed) = ([0.0; K], [0.0; K], 0.0);
    for (i, j, x) in cells() {
        first[i] += x / n;
        second[j] += x / n;
        observed += if i == j { x / n } else { 0.0 };
    }
    let expected: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
    let beyond = 1.0 - expected;
    if beyond <= 1e-15 {
        return None;
    }
    let kappa = (observed - expected) / beyond;
    let rest = 1.0 - kappa;
    let weighted: f64 = cells()
        .map(|(i, j, x)| {
            // Off the diagonal the marginals cross: the second rater's share of i, the first one's of j.
            let weight =
                if i == j { 1.0 - (first[i] + second[i]) * rest } else { rest * (second[i] + first[j]) };
            x / n * weight * weight
        })
        .sum();
    let variance = weighted - (kappa - expected * rest).powi(2);
    // Rounding may leave a full agreement a little below zero.
    let standard_error = if observed >= 1.0 { 0.0 } else { variance.max(0.0).sqrt() / beyond / n.sqrt() };
    Some(Kappa { estimate: kappa, standard_error, observed, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_of_chance_is_zero_and_of_none_undefined() {
        assert!(cohen_kappa(&[[4, 4], [4, 4]]).unwrap().estimate.abs() < 1e-15);
        assert_eq!(cohen_kappa(&[[0, 0], [0, 0]]), None);
        assert_eq!(cohen_kappa(&[[7, 0], [0, 0]]), None);
        assert_eq!(cohen_kappa::<0>(&[]), None);
    }

    #[test]
    fn full_agreement_has_no_interval() {
        let three = cohen_kappa(&[[3, 0, 0], [0, 4, 0], [0, 0, 2]]).unwrap();
        assert!((three.estimate - 1.0).abs() < 1e-12);
        assert_eq!(three.interval(Level::P95), None);
        let interval = cohen_kappa(&[[3, 1], [1, 3]]).unwrap().interval(Level::P95).unwrap();
        assert!(interval.contains(0.5) && interval.upper <= 1.0);
    }
}
