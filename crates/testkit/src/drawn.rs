//! Whole runs drawn at random from a known truth, without containers: for calibration, for speed, and for checks by
//! other programs.

use std::path::Path;

use ledger::{Event, Plan, RunDir};

use crate::runs::{graded, opened_with, plan};

/// The truth behind a drawn run.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// Families.
    pub families: u32,
    /// Tasks of each.
    pub tasks: u32,
    /// Attempts of each task in each arm.
    pub attempts: u32,
    /// Mean difference of the arm's chance of success from the baseline's.
    pub gap: f64,
    /// Largest deviation of a family's difference from the mean one: what its tasks share.
    pub family: f64,
    /// Largest deviation of a task's difference from its family's.
    pub task: f64,
}

/// The two arms of a drawn run, the baseline first.
pub const ARMS: [&str; 2] = ["bare/generic", "claude-code/specific"];

/// Draws a run. Deviations are uniform, so that the mean difference is `gap` exactly as long as no chance leaves
/// [0, 1]: baselines lie between 0.35 and 0.65, which leaves 0.35 to `gap`, `family` and `task` together.
pub fn draw(truth: Truth, seed: u64) -> (Plan, Vec<Event>) {
    let mut random = Random(seed);
    let names: Vec<String> = (0..truth.families)
        .flat_map(|family| (0..truth.tasks).map(move |task| format!("f{family}/t{task}")))
        .collect();
    let tasks: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut plan = plan(&ARMS, &tasks, truth.attempts);
    plan.sweep.seed = seed;
    let mut events = Vec::new();
    let mut of_family = 0.0;
    for (place, task) in tasks.iter().enumerate() {
        if place % truth.tasks as usize == 0 {
            of_family = random.around(truth.family);
        }
        let baseline = 0.5 + random.around(0.15);
        let other = baseline + truth.gap + of_family + random.around(truth.task);
        assert!((0.0..=1.0).contains(&other), "the truth leaves no room: a chance of {other}");
        for attempt in 1..=truth.attempts {
            for (arm, chance) in ARMS.iter().zip([baseline, other]) {
                events.extend(graded(arm, task, attempt, random.unit() < chance));
            }
        }
    }
    (plan, events)
}

/// Writes a run into a directory, as the program would have.
pub fn write(plan: &Plan, events: &[Event], into: &Path) {
    let run = RunDir::at(into);
    run.prepare(plan).unwrap();
    let mut all = vec![opened_with(plan)];
    all.extend(events.iter().filter(|event| !matches!(event, Event::Opened { .. })).cloned());
    run.open().unwrap().0.append(&all).unwrap();
}

/// SplitMix64 (Steele, Lea, Flood 2014): these crates may not depend on `stats`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform between −`most` and `most`.
    fn around(&mut self, most: f64) -> f64 {
        (2.0 * self.unit() - 1.0) * most
    }
}
