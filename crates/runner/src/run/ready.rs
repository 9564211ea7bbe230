//! What is made ready before the first trial.

use std::{collections::BTreeMap, sync::Arc};

use gateway::{Gateway, GatewayConfig, Meter};
use ledger::{Fold, Ledger};
use sandbox::Facts;
use vocabulary::Limits;

use crate::{
    container::images::{self, Images},
    context::Context,
    error::RunError,
    inputs,
    journal::Journal,
    progress::Progress,
    run::runner::Runner,
    stop::Stop,
    watch::{adapter::Adapters, memory::Memory, outage::Outages},
};

impl Runner {
    /// Makes everything ready that trials share.
    pub(super) async fn ready(
        &self,
        ledger: Ledger,
        run_id: String,
        fold: &Fold,
        stop: &Stop,
    ) -> Result<Arc<Context>, RunError> {
        let meter = Meter::parse(&self.plan.sweep.budget.meter)?;
        for removed in sandbox::reap(&*self.engine, None).await?.removed {
            self.note(format!("removed {}, left by a dead process", removed.name));
        }
        let memory = self.check_limits(&self.engine.facts().await?)?;
        let images = self.images().await?;
        let journal = Journal::start(ledger, self.run.blobs(), self.options.observer.clone())
            .map_err(RunError::Writer)?;
        let before: f64 = self.options.preflights.iter().filter_map(|preflight| preflight.usd).sum();
        let (models, keys) = (self.resolved.models.clone(), self.options.keys.clone());
        let gateway = Gateway::new(GatewayConfig {
            spend_cap_usd: self.spend_cap_usd(),
            spent_usd: fold.run().usd.unwrap_or_default() + before,
            ..GatewayConfig::new(models, keys, Arc::new(journal.clone()))
        })?;
        // What only the running program needs; a run that was killed left its own behind.
        let scratch = self.run.path().join("scratch");
        if scratch.exists() {
            fs_err::remove_dir_all(&scratch).map_err(RunError::Scratch)?;
        }
        fs_err::create_dir_all(&scratch).map_err(RunError::Scratch)?;
        let observer = self.options.observer.clone();
        Ok(Arc::new(Context {
            meter,
            run_id,
            images,
            scratch,
            models: self.resolved.models.iter().map(|model| (model.id.clone(), model.clone())).collect(),
            harnesses: self.resolved.harnesses.iter().map(|one| (one.name.clone(), one.clone())).collect(),
            tasks: self.resolved.tasks.iter().map(|task| (task.id.clone(), task.clone())).collect(),
            prompts: self.resolved.prompts.clone(),
            inputs: inputs::of(&self.resolved),
            project: self.project.clone(),
            packs: self.packs.clone(),
            plan: self.plan.clone(),
            engine: self.engine.clone(),
            gateway,
            recording: self.options.recording.clone(),
            program: self.options.program.clone(),
            kill: stop.kill.clone(),
            memory,
            outages: Outages::new(self.engine.clone(), journal.clone()),
            adapters: Adapters::default(),
            solutions: crate::solutions::Solutions::default(),
            solutions_again: crate::solutions::SolutionsAgain::default(),
            pristine: crate::grading::regrade::Known::default(),
            journal,
            observer,
        }))
    }

    /// Refuses limits above what the machine has: the engine would refuse the CPUs, and give memory that is not there.
    /// Gives the memory that there is for trials.
    fn check_limits(&self, facts: &Facts) -> Result<Memory, RunError> {
        let there = Memory::of_machines(facts.total_memory_bytes);
        let memory = self.resolved.harnesses.iter().map(|harness| harness.memory_mb).max().unwrap_or(0);
        let (mut largest, mut busiest) = (0, 0.0_f64);
        for task in self.resolved.tasks.iter().filter(|task| task.void.is_none()) {
            let Limits { cpus, memory_mb, .. } = task.limits(&self.plan.sweep.limits);
            let services = &task.environment.services;
            let limits = task.limits(&self.plan.sweep.limits);
            let cpus = services.iter().map(|service| service.cpus(&limits)).fold(cpus, f64::max);
            let of_services = task.services_memory_mb(&self.plan.sweep.limits);
            let memory_mb = memory_mb.saturating_add(memory).saturating_add(of_services);
            (largest, busiest) = (largest.max(memory_mb), busiest.max(cpus));
            let limits = [
                ("CPUs", cpus, facts.cpus as f64, "CPUs"),
                (
                    "memory, harness and services included,",
                    memory_mb as f64,
                    (facts.memory_bytes >> 20) as f64,
                    "MiB",
                ),
            ];
            for (name, wanted, there, unit) in limits {
                if wanted > there {
                    let what = format!("task `{}` needs {name}", task.id);
                    return Err(RunError::TooLarge { what, wanted, unit, there });
                }
            }
        }
        let (at_once, concurrency) = (there.holds(largest), self.concurrency());
        if at_once < u64::from(concurrency) {
            self.note(format!(
                "the machine's memory is enough for {at_once} of the largest trials at once ({largest} MiB each); \
                 others wait for their turn"
            ));
        }
        let cpus = facts.cpus as f64 / f64::from(concurrency.max(1));
        if cpus < busiest {
            self.note(format!(
                "with {concurrency} trials at once, {cpus:.2} CPUs are guaranteed to each, of {busiest} at most; what \
                 it was kept from is in its record"
            ));
        }
        Ok(there)
    }

    /// Builds or finds the images of every task of the plan, before anything is spent.
    async fn images(&self) -> Result<BTreeMap<String, Images>, RunError> {
        let mut images = BTreeMap::new();
        for task in self.resolved.tasks.iter().filter(|task| task.void.is_none()) {
            let say =
                |step: &str| self.tell(Progress::Image { task: task.id.clone(), step: step.to_owned() });
            let ensured = images::ensure(&*self.engine, task, &say).await;
            let ensured = ensured.map_err(|source| RunError::Image { task: task.id.clone(), source })?;
            images.insert(task.id.clone(), ensured);
        }
        Ok(images)
    }
}
