//! A run about to be carried out.

use std::{collections::BTreeMap, sync::Arc};

use gateway::Keys;
use ledger::{Overrides, Plan, Preflight, RunDir};
use sandbox::{Engine, pack::Pack};
use spec::project::{Project, Resolved};
use vocabulary::Program;

use crate::{
    plan::Selection,
    progress::{Observer, Progress},
    replay::Recording,
};

/// A run about to be carried out.
pub struct Runner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) project: Project,
    pub(crate) resolved: Resolved,
    pub(crate) packs: BTreeMap<String, Pack>,
    pub(crate) plan: Plan,
    pub(crate) run: RunDir,
    pub(crate) options: RunnerBuilder,
}

impl Runner {
    /// One that is carried out by `program`: without keys and a recording, the whole of the plan, probed, as many trials
    /// at once as the sweep says, nobody told.
    pub fn builder(program: Program) -> RunnerBuilder {
        RunnerBuilder {
            program,
            keys: Keys::default(),
            preflights: Vec::new(),
            recording: None,
            selection: Selection::default(),
            retry_infra: false,
            probe: true,
            overrides: Overrides::default(),
            observer: Arc::new(|_| {}),
        }
    }

    /// What it is to carry out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Tells whoever watches.
    pub(crate) fn tell(&self, progress: Progress) {
        (self.options.observer)(progress);
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.tell(Progress::Note(text.into()));
    }

    /// Trials at once.
    pub(crate) fn concurrency(&self) -> u32 {
        self.options.overrides.concurrency.unwrap_or(self.plan.sweep.concurrency)
    }

    /// Most that the whole sweep may cost, in US dollars.
    pub(crate) fn spend_cap_usd(&self) -> Option<f64> {
        self.options.overrides.spend_cap_usd.or(self.plan.sweep.spend_cap_usd)
    }
}

/// How a run is carried out.
#[derive(Clone)]
pub struct RunnerBuilder {
    pub(crate) program: Program,
    pub(crate) keys: Keys,
    pub(crate) preflights: Vec<Preflight>,
    pub(crate) recording: Option<Recording>,
    pub(crate) selection: Selection,
    pub(crate) retry_infra: bool,
    pub(crate) probe: bool,
    pub(crate) overrides: Overrides,
    pub(crate) observer: Observer,
}

impl RunnerBuilder {
    /// Keys of the models' providers.
    #[must_use]
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// What the models showed when they were asked before this.
    #[must_use]
    pub fn preflights(self, preflights: Vec<Preflight>) -> Self {
        Self { preflights, ..self }
    }

    /// The recorded run that answers in the providers' place, as the plan says.
    #[must_use]
    pub fn recording(self, recording: Option<Recording>) -> Self {
        Self { recording, ..self }
    }

    /// Which part of the plan.
    #[must_use]
    pub fn selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// Whether trials are run again that ended for reasons of the infrastructure.
    #[must_use]
    pub fn retry_infra(self, retry_infra: bool) -> Self {
        Self { retry_infra, ..self }
    }

    /// Whether what the arms see of their containers is compared before the first trial.
    #[must_use]
    pub fn probe(self, probe: bool) -> Self {
        Self { probe, ..self }
    }

    /// What it is told in place of what the sweep says.
    #[must_use]
    pub fn overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// Who is told what happens.
    #[must_use]
    pub fn observer(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }

    /// The run of a plan in a directory. The plan is one of the resolved sweep, and `packs` holds that of each of its
    /// harnesses, by name.
    pub fn build(
        self,
        engine: Arc<dyn Engine>,
        project: Project,
        resolved: Resolved,
        packs: BTreeMap<String, Pack>,
        plan: Plan,
        run: RunDir,
    ) -> Runner {
        Runner { engine, project, resolved, packs, plan, run, options: self }
    }
}
