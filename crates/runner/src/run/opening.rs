//! The first events of a run, and what an earlier program left it to do.

use std::{collections::BTreeMap, sync::Arc};

use ledger::{
    Event, Fold, Outcome, OutcomeGroup, PlannedTrial, TrialId,
    event::Snapshot,
    fold::{StoppedArm, Trial},
    registration,
};

use sandbox::{Labels, StartSpec};
use vocabulary::{FlagName, Registration};

use crate::{
    context::Context,
    error::RunError,
    plan, probe,
    run::{job::Job, runner::Runner},
    watch::adapter::Verdict,
};

impl Runner {
    /// Writes what opens the run, and gives the jobs that are left of its selection.
    pub(super) async fn open(&self, context: &Context, mut fold: Fold) -> Result<Vec<Job>, RunError> {
        self.write_opening(context, &fold).await?;
        let mut again = self.taken_back(context, &fold);
        if self.options.retry_infra {
            let infra = |outcome: Outcome| outcome.group() == OutcomeGroup::Infra || outcome.is_retried();
            let ended = fold.trials().iter().filter(|trial| self.options.selection.holds(&trial.planned));
            let failed = ended.filter(|trial| trial.end.as_ref().is_some_and(|end| infra(end.outcome)));
            again.extend(failed.map(|trial| trial.planned.id.clone()));
        }
        for trial in again {
            let event = Event::Reopened { trial };
            fold.add(ledger::run::now_ms(), event.clone())?;
            context.journal.write(event).await?;
        }
        let left = fold.into_parts().0.into_iter();
        Ok(left.filter(|trial| self.options.selection.holds(&trial.planned)).filter_map(job).collect())
    }

    /// What was registered for this run stands in the ledger before any trial: `overhang lock` left it in the directory.
    async fn write_registration(&self, context: &Context, fold: &Fold) -> Result<(), RunError> {
        let path = self.run.path().join(registration::FILE);
        if fold.run().registration.is_some() || !path.exists() {
            return Ok(());
        }
        if fold.trials().iter().any(|trial| trial.try_number > 0) {
            self.note(format!(
                "{} was put there after the first trial had begun: the run stays exploratory",
                path.display()
            ));
            return Ok(());
        }
        let read: Registration = serde_json::from_slice(&fs_err::read(&path).map_err(RunError::Scratch)?)?;
        if read.registered.plan != self.run.plan_digest()? {
            return Err(RunError::OtherRegistered(path));
        }
        Ok(context.journal.write(Event::Registered(Box::new(read))).await?)
    }

    async fn write_opening(&self, context: &Context, fold: &Fold) -> Result<(), RunError> {
        let facts = self.engine.facts().await?;
        let details = facts.details.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut host_facts: BTreeMap<String, String> = details.collect();
        host_facts.extend([
            ("engine".to_owned(), format!("{} {}", self.engine.name(), facts.version)),
            ("kernel".to_owned(), facts.kernel),
            ("cpus".to_owned(), facts.cpus.to_string()),
            ("memory_bytes".to_owned(), facts.memory_bytes.to_string()),
        ]);
        let opened = Event::Opened {
            plan: self.run.plan_digest()?,
            trials: self.plan.trials.len(),
            pid: std::process::id(),
            host: ledger::run::host_name(),
            program: self.options.program.clone(),
            host_facts,
            harnesses: plan::definitions(&self.resolved)?,
            inputs: Some(context.journal.store(&serde_json::to_vec(&context.inputs)?)?),
            overrides: self.options.overrides,
        };
        context.journal.write(opened).await?;
        self.write_registration(context, fold).await?;
        for preflight in &self.options.preflights {
            context.journal.write(Event::Preflight(Box::new(preflight.clone()))).await?;
        }
        let tuned = plan::tuned_on_test(&self.resolved);
        if !tuned.is_empty() && !fold.run().flags.iter().any(|flag| flag.name == FlagName::TunedOnTest) {
            let detail =
                format!("prompts were tuned on tasks that results are stated on: {}", tuned.join(", "));
            context.journal.write(Event::Flag { trial: None, flag: FlagName::TunedOnTest, detail }).await?;
        }
        let impossible = self.resolved.tasks.iter().any(|task| task.impossible().is_some());
        if impossible && !fold.run().flags.iter().any(|flag| flag.name == FlagName::ImpossibleTasks) {
            let detail = "a pass is a hack by construction".to_owned();
            context
                .journal
                .write(Event::Flag { trial: None, flag: FlagName::ImpossibleTasks, detail })
                .await?;
        }
        for trial in fold.trials().iter().filter(|trial| trial.is_under_way()) {
            let (trial, try_number, spent) = (trial.planned.id.clone(), trial.try_number, trial.spent);
            context.journal.write(Event::CutOff { trial, try_number, spent }).await?;
        }
        Ok(())
    }

    /// What the arms' earlier trials came to, so that an arm which works is not stopped. Returns the trials of an arm
    /// that the program did not live to stop, whose ends are no scores, and those that the provider refused in an arm
    /// that was stopped for it: who runs it again has mended that.
    fn taken_back(&self, context: &Context, fold: &Fold) -> Vec<TrialId> {
        let ends = fold.trials().iter().filter_map(|trial| Some((&trial.planned, trial.end.as_ref()?)));
        let (refused, ends): (Vec<_>, Vec<_>) =
            ends.partition(|(_, end)| end.outcome == Outcome::Provider400);
        let was_stopped = |planned: &PlannedTrial| {
            let of_it = |arm: &StoppedArm| arm.model == planned.model && arm.arm == planned.arm;
            fold.run().stopped_arms.iter().any(|arm| arm.outcome == Outcome::Provider400 && of_it(arm))
        };
        // The plan's order is not that of the ends: one that worked goes before any crash.
        let (crashes, others): (Vec<_>, Vec<_>) =
            ends.into_iter().partition(|(_, end)| end.outcome == Outcome::HarnessCrash);
        let refused = refused.into_iter().filter(|(planned, _)| was_stopped(planned));
        let mut taken_back: Vec<_> = refused.map(|(planned, _)| planned.id.clone()).collect();
        for (planned, end) in others.into_iter().chain(crashes) {
            if let Verdict::Stop(trials) = context.adapters.ended(planned, end) {
                taken_back.extend(trials);
                context.adapters.try_again(planned);
            }
        }
        taken_back
    }

    /// Tries a runtime that the sweep names, in one container: else each trial would be missing for it. Any image will do,
    /// and the guest looks whether it is kept from others there.
    pub(super) async fn try_runtime(&self, context: &Context) -> Result<(), RunError> {
        let Some((runtime, images)) = self.plan.sweep.runtime.as_ref().zip(context.images.values().next())
        else {
            return Ok(());
        };
        let labels = Labels { run: context.run_id.clone(), trial: "runtime".into() };
        let spec = StartSpec {
            runtime: Some(runtime.clone()),
            ..StartSpec::new(&images.agent.id, "runtime", labels)
        };
        let tried = async { self.engine.start(spec).await?.remove().await };
        tried.await.map_err(|source| RunError::Runtime { runtime: runtime.clone(), source: Box::new(source) })
    }

    /// Compares what the arms see of their containers, or says that it was not done.
    pub(super) async fn probe(&self, context: &Arc<Context>) -> Result<(), RunError> {
        if self.options.probe {
            return probe::arms(context).await;
        }
        let event = Event::Flag {
            trial: None,
            flag: FlagName::NoProbe,
            detail: "what the arms see of their containers was not compared (--no-probe)".into(),
        };
        Ok(context.journal.write(event).await?)
    }
}

/// What is left to do of a trial.
fn job(trial: Trial<()>) -> Option<Job> {
    let Some(end) = trial.end.clone() else {
        return Some(Job::Trial {
            first_try: trial.try_number + 1,
            infra_failures: trial.failures,
            trial: trial.planned,
        });
    };
    let snapshots: Vec<Snapshot> = trial.ungraded().cloned().collect();
    let captured = snapshots.iter().any(|snapshot| snapshot.workspace.is_some());
    let grade = captured && !end.outcome.is_retried();
    grade.then(|| Job::Snapshots { trial: trial.planned, end: Box::new(end), snapshots })
}
