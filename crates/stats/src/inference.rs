//! The one inference behind every statement: estimate, interval and test of a mean over tasks that come in families.

use serde::{Deserialize, Serialize};

use crate::design::Design;
use crate::distributions::{t_quantile, t_two_sided, t_upper};
use crate::interval::{Interval, Level};
use crate::missing::TaskTrials;
use crate::moments::{sum, variance};

/// Cluster means closer than this are the same mean.
const SAME: f64 = 1e-12;
/// With missing trials in more clusters than this, their extremes are bounded and not tried one by one.
const MAX_TRIED: usize = 14;

/// The mean of per-task numbers with families as clusters: CR2 standard error (Bell and McCaffrey 2002, working model
/// of independence), Student's t on Satterthwaite's degrees of freedom, which depend on the design alone.
///
/// With families of one size this is the t inference over family means. Where trials are missing, interval and p hold
/// for every score they could have had (Manski), so that a statement made from them is turned by none.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// Mean over tasks, missing trials as 0.
    pub estimate: f64,
    /// CR2 standard error of that mean; that over tasks where all families agree, and 0 where all tasks do.
    pub standard_error: f64,
    /// The design that decides the degrees of freedom.
    pub design: Design,
    /// Trials whose score is not known.
    pub missing: usize,
    /// Means and standard errors that the missing trials could have led to; the first is that of the estimate.
    cases: Vec<(f64, f64)>,
    /// The lowest and the highest value a task can have.
    range: (f64, f64),
}

/// An arm's weight in a contrast, and a task's planned attempts in it; `None` is a trial that is missing.
pub type WeightedArm = (f64, Vec<Option<f64>>);

/// Two one-sided tests of whether a mean is as good as 0 (TOST). That nothing was found is not this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equivalent {
    /// δ₀, fixed before the run: gaps inside ±δ₀ do not matter.
    pub margin: f64,
    /// The interval at 1 − 2α, which must lie inside ±δ₀.
    pub interval: Interval,
    /// The larger p of the two tests.
    pub p_value: f64,
    /// Whether the interval lies inside the margin.
    pub equivalent: bool,
}

impl Inference {
    /// Of the differences of tasks with planned attempts in both arms, by family. `None` without tasks, or when a
    /// task has no attempt planned in an arm, or a score outside [0, 1].
    pub fn of_trials<F: AsRef<[TaskTrials]>>(families: &[F]) -> Option<Inference> {
        let contrast = |task: &TaskTrials| Cluster::of(&[(-1.0, &task.baseline), (1.0, &task.other)]);
        Inference::of_tasks(families, contrast, (-1.0, 1.0))
    }

    /// Of weighted sums of arms' means, by family: each task has its planned attempts in every arm with the arm's
    /// weight, and its sum lies within `range`. `None` as for [`Inference::of_trials`].
    pub fn of_contrasts<F: AsRef<[Vec<WeightedArm>]>>(
        families: &[F],
        range: (f64, f64),
    ) -> Option<Inference> {
        let contrast = |arms: &Vec<WeightedArm>| {
            let parts: Vec<(f64, &Vec<Option<f64>>)> =
                arms.iter().map(|(weight, trials)| (*weight, trials)).collect();
            Cluster::of(&parts)
        };
        Inference::of_tasks(families, contrast, range)
    }

    fn of_tasks<T, F: AsRef<[T]>>(
        families: &[F],
        contrast: impl Fn(&T) -> Option<Cluster>,
        range: (f64, f64),
    ) -> Option<Inference> {
        let design = Design::new(&sizes(families))?;
        let (mut clusters, mut values) = (Vec::new(), Vec::new());
        for family in families {
            let tasks = family.as_ref().iter().map(&contrast).collect::<Option<Vec<Cluster>>>()?;
            values.extend(tasks.iter().map(|task| task.total));
            if design.clusters_are_families() {
                clusters.push(Cluster::joined(&tasks));
            } else {
                clusters.extend(tasks);
            }
        }
        let missing = clusters.iter().map(|cluster| cluster.missing).sum();
        Some(Inference::new(design, &clusters, &values, missing, range))
    }

    /// Of numbers of tasks, by family, each within `range`. `None` without tasks or with a number that is not finite.
    pub fn of_values<F: AsRef<[f64]>>(families: &[F], range: (f64, f64)) -> Option<Inference> {
        let design = Design::new(&sizes(families))?;
        if families.iter().flat_map(AsRef::as_ref).any(|value| !value.is_finite()) {
            return None;
        }
        let known = |total: f64| Cluster { total, fall: 0.0, rise: 0.0, missing: 0 };
        let clusters: Vec<Cluster> = if design.clusters_are_families() {
            families.iter().map(|family| known(sum(family.as_ref()))).collect()
        } else {
            families.iter().flat_map(AsRef::as_ref).map(|value| known(*value)).collect()
        };
        let values: Vec<f64> = families.iter().flat_map(AsRef::as_ref).copied().collect();
        Some(Inference::new(design, &clusters, &values, 0, range))
    }

    fn new(
        design: Design,
        clusters: &[Cluster],
        values: &[f64],
        missing: usize,
        range: (f64, f64),
    ) -> Inference {
        // Families that agree by chance say nothing of how tasks differ; those within them do.
        let among_tasks = (variance(values).unwrap_or(0.0) / values.len() as f64).sqrt();
        let of = |totals: &[f64]| match design.mean(totals) {
            (mean, 0.0) => (mean, among_tasks),
            found => found,
        };
        let totals: Vec<f64> = clusters.iter().map(|cluster| cluster.total).collect();
        let (estimate, standard_error) = of(&totals);
        let mut cases = vec![(estimate, standard_error)];
        let open: Vec<usize> =
            (0..clusters.len()).filter(|place| clusters[*place].fall + clusters[*place].rise > 0.0).collect();
        if open.len() > MAX_TRIED {
            cases.extend(bounds(&design, clusters));
        } else if !open.is_empty() {
            // The ends of an interval are concave and convex in the clusters' totals, so that their extremes lie where
            // each cluster's missing trials all had the least or all the most they could.
            for pattern in 0..1_u32 << open.len() {
                let mut totals = totals.clone();
                for (bit, place) in open.iter().enumerate() {
                    let cluster = &clusters[*place];
                    totals[*place] += if pattern >> bit & 1 == 1 { cluster.rise } else { -cluster.fall };
                }
                cases.push(of(&totals));
            }
        }
        Inference { estimate, standard_error, design, missing, cases, range }
    }

    /// The confidence interval at `level`, within the range of possible means; over all cases where trials are missing.
    pub fn interval(&self, level: Level) -> Interval {
        let ends = self.cases.iter().map(|(mean, error)| self.around(*mean, *error, level));
        let hull =
            ends.reduce(|a, b| Interval { lower: a.lower.min(b.lower), upper: a.upper.max(b.upper), level });
        hull.unwrap_or(Interval { lower: self.range.0, upper: self.range.1, level })
            .clamped(self.range.0, self.range.1)
    }

    /// Whether some scores of the missing trials would let a difference, or equivalence within ±`margin`, be stated.
    pub fn could_state(&self, margin: f64, level: Level) -> bool {
        let wider = Level::new(1.0 - 2.0 * level.alpha()).unwrap_or(level);
        self.cases.iter().any(|(mean, error)| {
            let equal = self.around(*mean, *error, wider);
            !self.around(*mean, *error, level).contains(0.0)
                || (equal.lower > -margin && equal.upper < margin)
        })
    }

    /// Two-sided p: the interval at 1 − α leaves out 0 where it is below α. The largest over all cases.
    pub fn p_value(&self) -> f64 {
        let ahead = self.cases.iter().all(|(mean, _)| *mean > 0.0);
        let behind = self.cases.iter().all(|(mean, _)| *mean < 0.0);
        if !ahead && !behind {
            return 1.0;
        }
        self.cases.iter().map(|(mean, error)| self.p_of(*mean, *error)).fold(0.0, f64::max)
    }

    /// Tests the mean against ±`margin`, each side at the α of `level`: the interval looked at is the one at 1 − 2α.
    pub fn equivalence(&self, margin: f64, level: Level) -> Equivalent {
        let wider = Level::new(1.0 - 2.0 * level.alpha()).unwrap_or(level);
        let interval = self.interval(wider);
        let df = self.design.df();
        let p = |(mean, error): &(f64, f64)| {
            if *error > 0.0 {
                let (lower, upper) = ((mean + margin) / error, (margin - mean) / error);
                return t_upper(lower, df).max(t_upper(upper, df));
            }
            // All tasks agree: the share of others that would make a mean of ±margin possible.
            let reach = |end: f64, bound: f64| (end - bound) / (end - mean);
            let kept = reach(self.range.1, margin).max(reach(self.range.0, -margin));
            if mean.abs() < margin {
                0.5 * kept.clamp(0.0, 1.0).powf(self.design.clusters() as f64)
            } else {
                1.0
            }
        };
        Equivalent {
            margin,
            interval,
            p_value: self.cases.iter().map(p).fold(0.0, f64::max),
            equivalent: interval.lower > -margin && interval.upper < margin,
        }
    }

    /// The smallest mean that a run like this one, at the spread it showed, finds at `level` with probability `power`:
    /// δ(df)·SE/c₄(df), δ the non-centrality at which Student's test has that power and c₄ the bias of a standard
    /// deviation. `None` where all tasks agree, since then there is no spread to go by.
    pub fn smallest_detectable(&self, level: Level, power: f64) -> Option<f64> {
        let df = self.design.df();
        (self.standard_error > 0.0).then(|| {
            crate::power::noncentrality(df, level, power) * self.standard_error / crate::power::c4(df)
        })
    }

    /// Whether all tasks agree, so that the interval rests on their number alone.
    pub fn is_constant(&self) -> bool {
        self.standard_error == 0.0
    }

    fn around(&self, mean: f64, error: f64, level: Level) -> Interval {
        if error > 0.0 {
            return Interval::around(mean, t_quantile(level.upper_tail(), self.design.df()) * error, level);
        }
        // No cluster of N differs: at most a share of 1 − α^(1/N) of all clusters does, whatever those hold.
        let others = 1.0 - level.alpha().powf(1.0 / self.design.clusters() as f64);
        let (lowest, highest) = self.range;
        Interval {
            lower: mean * (1.0 - others) + others * lowest,
            upper: mean * (1.0 - others) + others * highest,
            level,
        }
    }

    fn p_of(&self, mean: f64, error: f64) -> f64 {
        if error > 0.0 {
            return t_two_sided(mean / error, self.design.df());
        }
        let opposite = if mean > 0.0 { self.range.0 } else { self.range.1 };
        (opposite / (opposite - mean)).clamp(0.0, 1.0).powf(self.design.clusters() as f64)
    }
}

fn sizes<T, F: AsRef<[T]>>(families: &[F]) -> Vec<usize> {
    families.iter().map(|family| family.as_ref().len()).collect()
}

/// The tasks of one cluster: their sum with missing trials as 0, and how far those could move it.
struct Cluster {
    total: f64,
    fall: f64,
    rise: f64,
    missing: usize,
}

impl Cluster {
    /// Of one task: planned attempts in each arm, with the arm's weight.
    fn of(arms: &[(f64, &Vec<Option<f64>>)]) -> Option<Cluster> {
        let mut task = Cluster { total: 0.0, fall: 0.0, rise: 0.0, missing: 0 };
        for (weight, trials) in arms {
            if trials.is_empty() || trials.iter().flatten().any(|score| !(0.0..=1.0).contains(score)) {
                return None;
            }
            let known: Vec<f64> = trials.iter().copied().flatten().collect();
            let (planned, missing) = (trials.len() as f64, trials.len() - known.len());
            let open = weight * missing as f64 / planned;
            task.total += weight * sum(&known) / planned;
            task.rise += open.max(0.0);
            task.fall += (-open).max(0.0);
            task.missing += missing;
        }
        Some(task)
    }

    fn joined(tasks: &[Cluster]) -> Cluster {
        let of = |part: fn(&Cluster) -> f64| sum(&tasks.iter().map(part).collect::<Vec<f64>>());
        Cluster {
            total: of(|task| task.total),
            fall: of(|task| task.fall),
            rise: of(|task| task.rise),
            missing: tasks.iter().map(|task| task.missing).sum(),
        }
    }
}

/// The lowest and the highest mean, each with a standard error that none of the possible ones exceeds: that of the
/// middle, and the most that moving all clusters from it can add (triangle inequality).
fn bounds(design: &Design, clusters: &[Cluster]) -> [(f64, f64); 2] {
    let at = |part: fn(&Cluster) -> f64| clusters.iter().map(part).collect::<Vec<f64>>();
    let (lowest, _) = design.mean(&at(|c| c.total - c.fall));
    let (highest, _) = design.mean(&at(|c| c.total + c.rise));
    let (_, middle) = design.mean(&at(|c| c.total + 0.5 * (c.rise - c.fall)));
    let error = middle + design.largest_error(&at(|c| 0.5 * (c.rise + c.fall)));
    [(lowest, error), (highest, error)]
}

impl Design {
    /// Mean over tasks and its CR2 standard error, n⁻²Σ S_g²/(1 − w_g) with S_g the sum of a cluster's residuals and
    /// w_g its share of the tasks, of the clusters' `totals`; exactly 0 when all cluster means are equal.
    fn mean(&self, totals: &[f64]) -> (f64, f64) {
        let n = self.tasks() as f64;
        let mean = sum(totals) / n;
        let sizes = self.sizes();
        if totals.iter().zip(sizes).all(|(total, size)| (total / size - mean).abs() <= SAME) {
            return (mean, 0.0);
        }
        let parts: Vec<f64> = totals
            .iter()
            .zip(sizes)
            .map(|(total, size)| (total - size * mean).powi(2) / (1.0 - size / n))
            .collect();
        (mean, sum(&parts).sqrt() / n)
    }

    /// The largest standard error of totals that lie within ± these.
    fn largest_error(&self, within: &[f64]) -> f64 {
        let n = self.tasks() as f64;
        let all = sum(within);
        let parts: Vec<f64> = within
            .iter()
            .zip(self.sizes())
            .map(|(own, size)| {
                let share = size / n;
                ((1.0 - share) * own + share * (all - own)).powi(2) / (1.0 - share)
            })
            .collect();
        sum(&parts).sqrt() / n
    }
}
