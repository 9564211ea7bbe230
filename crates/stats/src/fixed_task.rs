//! The `fixed_task` estimand: these tasks are all there is, and only the attempts could have gone otherwise.
//!
//! Its intervals are narrower than those of the generalised gap and must never stand in for them.

use serde::{Deserialize, Serialize};

use crate::distributions::ln_choose;
use crate::interval::{Interval, Level};
use crate::moments::{mean, sum};
use crate::score::{TaskPair, differences, gcd};

/// More reachable sums than this are refused.
const MAX_LEVELS: usize = 1_000_000;

/// The gap on exactly these tasks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FixedTaskGap {
    /// Mean of the task differences.
    pub estimate: f64,
    /// n⁻¹·√Σ(s²_B/k_B + s²_H/k_H), s² between the attempts of a task.
    pub standard_error: f64,
    /// Normal interval; `None` when no task's attempts differ.
    pub interval: Option<Interval>,
}

/// The fixed-task gap; `None` without tasks or when an arm has a single attempt on some task.
pub fn fixed_task_gap(pairs: &[TaskPair], level: Level) -> Option<FixedTaskGap> {
    let estimate = mean(&differences(pairs))?;
    let parts = pairs
        .iter()
        .map(|pair| {
            let baseline = pair.baseline.variance()? / f64::from(pair.baseline.attempts());
            Some(baseline + pair.other.variance()? / f64::from(pair.other.attempts()))
        })
        .collect::<Option<Vec<f64>>>()?;
    let standard_error = sum(&parts).sqrt() / pairs.len() as f64;
    let interval =
        (standard_error > 0.0).then(|| Interval::around(estimate, level.z() * standard_error, level));
    Some(FixedTaskGap { estimate, standard_error, interval })
}

/// Two-sided p-value of the exact stratified permutation test: within each task all attempts are exchangeable
/// between the arms, so that passes of the other arm are hypergeometric given the task's total. The
/// Cochran–Mantel–Haenszel test is its large-sample form.
///
/// `None` with partial credit, or when unlike attempt counts make the sums too many.
pub fn stratified_exact(pairs: &[TaskPair]) -> Option<f64> {
    let per_unit = pairs.iter().flat_map(|pair| [pair.baseline.attempts(), pair.other.attempts()]).try_fold(
        1_u64,
        |lcm, attempts| {
            (lcm / gcd(lcm, u64::from(attempts))).checked_mul(u64::from(attempts)).filter(|l| *l < 1 << 32)
        },
    )?;
    let mut observed = 0_i64;
    let mut law = vec![1.0];
    let mut lowest = 0_i64;
    let counts = |pair: &TaskPair| {
        let [kb, ko] = [pair.baseline, pair.other].map(|score| u64::from(score.attempts()));
        Some([kb, ko, u64::from(pair.baseline.passes()?), u64::from(pair.other.passes()?)])
    };
    let mut tasks = pairs.iter().map(counts).collect::<Option<Vec<[u64; 4]>>>()?;
    tasks.sort_unstable();
    for [kb, ko, passes_baseline, passes_other] in tasks {
        let total = passes_baseline + passes_other;
        let steps =
            |other: u64| (other * (per_unit / ko)) as i64 - ((total - other) * (per_unit / kb)) as i64;
        observed = observed.checked_add(steps(passes_other))?;
        let (fewest, most) = (total.saturating_sub(kb), ko.min(total));
        let width = usize::try_from(steps(most) - steps(fewest)).ok()?;
        if law.len() + width > MAX_LEVELS {
            return None;
        }
        let mut next = vec![0.0; law.len() + width];
        for other in fewest..=most {
            let weight =
                (ln_choose(ko, other) + ln_choose(kb, total - other) - ln_choose(kb + ko, total)).exp();
            let shift = (steps(other) - steps(fewest)) as usize;
            for (to, from) in next[shift..].iter_mut().zip(&law) {
                *to += weight * from;
            }
        }
        law = next;
        lowest += steps(fewest);
    }
    let extreme = |(index, p): (usize, &f64)| {
        if (lowest + index as i64).unsigned_abs() >= observed.unsigned_abs() { *p } else { 0.0 }
    };
    Some(law.iter().enumerate().map(extreme).sum::<f64>().min(1.0))
}
