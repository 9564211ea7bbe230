//! Adjusting p-values for the number of models asked about.
//!
//! All functions keep the order of their input and take an undefined p-value as 1, so that a planned model
//! which could not be measured still counts.

/// Holm's step-down p-values: for claims that a given model has a gap.
pub fn holm(p_values: &[Option<f64>]) -> Vec<f64> {
    let (p, order, m) = prepared(p_values);
    let mut adjusted = vec![1.0; p.len()];
    let mut highest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max(((m - rank as f64) * p[index]).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

/// Benjamini and Hochberg's p-values: false discovery rate, for screening.
pub fn benjamini_hochberg(p_values: &[Option<f64>]) -> Vec<f64> {
    step_up(p_values, 1.0)
}

/// Benjamini and Yekutieli's: the same under any dependence.
pub fn benjamini_yekutieli(p_values: &[Option<f64>]) -> Vec<f64> {
    step_up(p_values, (1..=p_values.len()).map(|i| 1.0 / i as f64).sum())
}

fn step_up(p_values: &[Option<f64>], penalty: f64) -> Vec<f64> {
    let (p, order, m) = prepared(p_values);
    let mut adjusted = vec![1.0; p.len()];
    let mut lowest = 1.0_f64;
    for (rank, index) in order.into_iter().enumerate().rev() {
        lowest = lowest.min(penalty * m / (rank as f64 + 1.0) * p[index]);
        adjusted[index] = lowest;
    }
    adjusted
}

fn prepared(p_values: &[Option<f64>]) -> (Vec<f64>, Vec<usize>, f64) {
    let p: Vec<f64> = p_values.iter().map(|p| p.unwrap_or(1.0).clamp(0.0, 1.0)).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let m = p.len() as f64;
    (p, order, m)
}
