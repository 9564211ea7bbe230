//! What a design alone decides, before any trial: what is a cluster, how many degrees of freedom there are, and how
//! much a mean over tasks varies.

use crate::interval::Level;
use crate::power::{noncentral_power, noncentrality, t_critical};

/// Tasks in their families. Families are the clusters, and with a single one its tasks are: then what is found holds
/// for that family only.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    sizes: Vec<f64>,
    families: bool,
    tasks: usize,
}

impl Design {
    /// Of the numbers of tasks in each family. `None` without tasks or with an empty family.
    pub fn new(families: &[usize]) -> Option<Design> {
        let tasks = families.iter().sum();
        if families.is_empty() || families.contains(&0) {
            return None;
        }
        let families_decide = families.len() > 1;
        let sizes = if families_decide {
            families.iter().map(|size| *size as f64).collect()
        } else {
            vec![1.0; tasks]
        };
        Some(Design { sizes, families: families_decide, tasks })
    }

    /// Tasks.
    pub fn tasks(&self) -> usize {
        self.tasks
    }

    /// Clusters: families, or the tasks of a single family.
    pub fn clusters(&self) -> usize {
        self.sizes.len()
    }

    /// Whether families are the clusters.
    pub fn clusters_are_families(&self) -> bool {
        self.families
    }

    /// Tasks of each cluster.
    pub(crate) fn sizes(&self) -> &[f64] {
        &self.sizes
    }

    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        self.sizes.iter().map(|size| size / self.tasks as f64)
    }

    /// Satterthwaite's degrees of freedom of the CR2 variance of a mean under independence (Bell and McCaffrey 2002;
    /// Pustejovsky and Tipton 2018): 1/df = Σ w_g² + Σ_{g≠h} w_g²w_h²/((1−w_g)(1−w_h)), w_g the share of tasks in
    /// cluster g. F − 1 for F clusters of one size; 0 for a single one.
    pub fn df(&self) -> f64 {
        if self.clusters() < 2 {
            return 0.0;
        }
        let squares: f64 = self.shares().map(|w| w * w).sum();
        let parts: Vec<f64> = self.shares().map(|w| w * w / (1.0 - w)).collect();
        let (total, own): (f64, f64) = (parts.iter().sum(), parts.iter().map(|part| part * part).sum());
        1.0 / (squares + total * total - own)
    }

    /// Variance of the mean over tasks, in units of a task's variance, when two tasks of a family correlate by `icc`:
    /// Σ w_g²(ρ + (1 − ρ)/n_g).
    pub fn variance(&self, icc: f64) -> f64 {
        if !self.families {
            return 1.0 / self.tasks as f64;
        }
        self.shares().zip(&self.sizes).map(|(w, size)| w * w * (icc + (1.0 - icc) / size)).sum()
    }

    /// The probability that a mean of `delta` is found at `level` (Student's test with noncentral t), when a task's
    /// variance is `variance` and tasks of a family correlate by `icc`. 0 for a single cluster.
    pub fn power(&self, delta: f64, variance: f64, icc: f64, level: Level) -> f64 {
        let error = (variance * self.variance(icc)).sqrt();
        if self.clusters() < 2 {
            return 0.0;
        }
        if error == 0.0 { f64::from(delta != 0.0) } else { noncentral_power(self.df(), delta / error, level) }
    }

    /// The smallest mean that is found at `level` with probability `power`; `None` for a single cluster.
    pub fn smallest_detectable(&self, variance: f64, icc: f64, level: Level, power: f64) -> Option<f64> {
        let error = (variance * self.variance(icc)).sqrt();
        (self.clusters() > 1).then(|| noncentrality(self.df(), level, power) * error)
    }

    /// How many of `attempts` trials an arm and task may be lost, in both arms together, before a gap of `delta` that
    /// comes out as expected is no longer stated, whatever they would have scored: each moves the mean by at most
    /// 1/(n·attempts).
    pub fn may_lose(&self, delta: f64, variance: f64, icc: f64, level: Level, attempts: u32) -> u64 {
        if self.clusters() < 2 {
            return 0;
        }
        let error = (variance * self.variance(icc)).sqrt();
        let slack = delta.abs() - t_critical(self.df(), level) * error;
        (slack * self.tasks as f64 * f64::from(attempts)).floor().max(0.0) as u64
    }
}
