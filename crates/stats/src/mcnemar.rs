use serde::{Deserialize, Serialize};

use crate::distributions::{binomial_cdf, binomial_pmf};
use crate::interval::{Interval, Level};
use crate::proportion::clopper_pearson;
use crate::score::TaskPair;

/// One attempt per task and arm, counted by who passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discordance {
    /// Tasks that only the baseline arm passed.
    pub baseline_only: u64,
    /// Tasks that only the other arm passed.
    pub other_only: u64,
    /// All tasks, those on which the arms agree included.
    pub tasks: u64,
}

impl Discordance {
    /// Counts `pairs`; `None` unless both arms have exactly one attempt, passed or not, on every task.
    pub fn from_pairs(pairs: &[TaskPair]) -> Option<Discordance> {
        let mut found = Discordance { baseline_only: 0, other_only: 0, tasks: pairs.len() as u64 };
        for pair in pairs {
            if pair.baseline.attempts() != 1 || pair.other.attempts() != 1 {
                return None;
            }
            let (baseline, other) = (pair.baseline.passes()?, pair.other.passes()?);
            found.baseline_only += u64::from(baseline > other);
            found.other_only += u64::from(other > baseline);
        }
        Some(found)
    }
}

/// McNemar's test, two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Exact p; the same as the sign-flip test's.
    pub p_exact: f64,
    /// Mid-p: less conservative, reported beside it.
    pub p_mid: f64,
}

/// McNemar's exact and mid-p test; both 1 when no task is discordant.
pub fn mcnemar(counts: Discordance) -> McNemar {
    let discordant = counts.baseline_only.saturating_add(counts.other_only);
    if discordant == 0 {
        return McNemar { p_exact: 1.0, p_mid: 1.0 };
    }
    let fewer = counts.baseline_only.min(counts.other_only);
    let doubled = 2.0 * binomial_cdf(fewer, discordant, 0.5);
    let p_mid = if counts.baseline_only == counts.other_only {
        1.0
    } else {
        (doubled - binomial_pmf(fewer, discordant, 0.5)).min(1.0)
    };
    McNemar { p_exact: doubled.min(1.0), p_mid }
}

/// Bonett and Price's adjusted Wald interval for the gap with one attempt per task; `None` without tasks or
/// with more discordant ones than there are.
pub fn bonett_price(counts: Discordance, level: Level) -> Option<Interval> {
    if counts.tasks == 0 || counts.baseline_only.saturating_add(counts.other_only) > counts.tasks {
        return None;
    }
    let n = counts.tasks as f64 + 2.0;
    let (baseline, other) = ((counts.baseline_only as f64 + 1.0) / n, (counts.other_only as f64 + 1.0) / n);
    let center = other - baseline;
    let half = level.z() * ((baseline + other - center * center) / n).sqrt();
    Some(Interval::around(center, half, level).clamped(-1.0, 1.0))
}

/// The odds that the other arm alone passes, over the odds that the baseline alone does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OddsRatio {
    /// other_only / baseline_only: infinite when only the other arm wins, `None` when no task is discordant.
    pub estimate: Option<f64>,
    /// Exact interval from Clopper–Pearson on the discordant tasks; `upper` may be infinite.
    pub interval: Interval,
}

/// The conditional odds ratio of the discordant tasks.
pub fn conditional_odds_ratio(counts: Discordance, level: Level) -> OddsRatio {
    let (b, c) = (counts.baseline_only, counts.other_only);
    let odds = |share: f64| if share < 1.0 { share / (1.0 - share) } else { f64::INFINITY };
    let interval = match clopper_pearson(c, b.saturating_add(c), level) {
        Some(share) => Interval { lower: odds(share.lower), upper: odds(share.upper), level },
        None => Interval { lower: 0.0, upper: f64::INFINITY, level },
    };
    let estimate = match (b, c) {
        (0, 0) => None,
        (0, _) => Some(f64::INFINITY),
        _ => Some(c as f64 / b as f64),
    };
    OddsRatio { estimate, interval }
}

/// Exact power of McNemar's test at α = 1 − level with `tasks` tasks, when only the baseline passes with
/// probability `baseline_only` and only the other arm with `other_only`.
///
/// `None` when the probabilities are negative or exceed 1 together. O(tasks²).
pub fn mcnemar_power(tasks: u64, baseline_only: f64, other_only: f64, level: Level) -> Option<f64> {
    let discordant = baseline_only + other_only;
    if !(baseline_only >= 0.0 && other_only >= 0.0 && discordant <= 1.0) {
        return None;
    }
    if discordant == 0.0 {
        return Some(0.0);
    }
    let share = other_only / discordant;
    let mut power = 0.0;
    for m in 1..=tasks {
        let weight = binomial_pmf(m, tasks, discordant);
        // Beyond the bulk of the binomial nothing can change a digit that is printed.
        if weight < 1e-15 {
            continue;
        }
        let significant = |fewer: u64| 2.0 * binomial_cdf(fewer, m, 0.5) <= level.alpha();
        let rejected = (0..=m).filter(|c| significant(*c.min(&(m - *c))));
        power += weight * rejected.map(|c| binomial_pmf(c, m, share)).sum::<f64>();
    }
    Some(power)
}
