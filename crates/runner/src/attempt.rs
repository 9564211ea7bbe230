//! One try of one trial: everything about it that is fixed before it begins.

use std::time::Duration;

use agent::{Allowance, Announcement};
use gateway::Gateway;
use ledger::PlannedTrial;
use sandbox::{StartSpec, pack::Pack};
use spec::{
    Harness, Model, Task,
    project::Project,
    sweep::{self, Sweep},
};

use crate::container::site::Site;

/// Where harnesses find the gateway inside their container.
pub(crate) const GATEWAY_PORT: u16 = 8377;

/// Everything that is fixed about one try.
pub(crate) struct Try<'a> {
    pub(crate) planned: &'a PlannedTrial,
    pub(crate) try_number: u32,
    pub(crate) site: Site<'a>,
    pub(crate) gateway: &'a Gateway,
    pub(crate) sweep: &'a Sweep,
    pub(crate) model: &'a Model,
    pub(crate) prompt: &'a str,
    /// `None` for the bare loop.
    pub(crate) harness: Option<&'a Harness>,
    pub(crate) pack: Option<&'a Pack>,
    /// Where the harness's template files are found.
    pub(crate) project: &'a Project,
}

impl<'a> Try<'a> {
    /// The same try at one of its task's steps, with what is left of the wall time.
    pub(crate) fn at(&self, step: &'a Task, elapsed: Duration) -> Self {
        let mut site = self.site.at(step);
        site.limits.wall_time_sec = site.limits.wall_time_sec.saturating_sub(elapsed.as_secs());
        Self { site, ..*self }
    }

    /// Paths below the working directory that the harness leaves behind.
    pub(crate) fn leaves(&self) -> &[String] {
        self.harness.map(|harness| harness.leaves.as_slice()).unwrap_or_default()
    }

    /// The agent's container, with the harness's pack and the memory it needs for itself.
    pub(crate) fn start_spec(&self, purpose: &str) -> StartSpec {
        let writable = self.site.task.writable().map(|mut paths| {
            paths.extend([&self.site.workdir, "/tmp", "/logs", "/tests"].map(str::to_owned));
            paths
        });
        let start = StartSpec { writable, ..self.site.start_spec(&self.site.images.agent, purpose) };
        let Some(harness) = self.harness else { return start };
        let packs = self.pack.cloned().into_iter().collect();
        StartSpec { harness_memory_mb: harness.memory_mb, packs, ..start }
    }

    /// The name the model is asked for by.
    pub(crate) fn model_name(&self) -> &str {
        self.model.endpoint.as_ref().map_or(&self.model.id, |endpoint| &endpoint.model)
    }

    /// What the agent is told of its budget.
    pub(crate) fn announcement(&self) -> Announcement {
        let unit = if self.sweep.budget.meter == "price" { "US dollars" } else { "tokens" };
        let allowance = Allowance { total: self.sweep.budget.tokens, unit: unit.into() };
        match self.sweep.announcement {
            sweep::Announcement::None => Announcement::None,
            sweep::Announcement::Start => Announcement::Start(allowance),
            sweep::Announcement::EveryTurn => Announcement::EveryTurn(allowance),
        }
    }
}
