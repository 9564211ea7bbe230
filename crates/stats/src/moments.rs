//! Means and variances, `None` where they are not defined.

/// `None` for no values, and for any that is infinite or not a number.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    let defined = !values.is_empty() && values.iter().all(|v| v.is_finite());
    defined.then(|| sum(values) / values.len() as f64)
}

/// A sum that does not depend on the order of its terms: they are sorted first, so that a report is the same
/// to the byte whichever order the tasks come in.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.iter().sum()
}

/// Sample variance, divisor n − 1; exactly 0 when all values are equal.
pub(crate) fn variance(values: &[f64]) -> Option<f64> {
    let first = values.first()?;
    if values.len() < 2 {
        return None;
    }
    // Rounding in the mean must not turn equal values into a tiny spread: 0 is what marks a gap as
    // degenerate.
    if values.iter().all(|v| (v - first).abs() <= 1e-12) {
        return Some(0.0);
    }
    let center = mean(values)?;
    let squares: Vec<f64> = values.iter().map(|v| (v - center) * (v - center)).collect();
    Some(sum(&squares) / (values.len() - 1) as f64)
}

/// −1, 0 or 1, with everything within rounding of zero as zero.
pub(crate) fn sign(value: f64) -> i8 {
    i8::from(value > 1e-12) - i8::from(value < -1e-12)
}
