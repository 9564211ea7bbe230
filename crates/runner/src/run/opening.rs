//! The first events of a run, and what an earlier program left it to do.

use std::{collections::BTreeMap, sync::Arc};

use ledger::{Event, Outcome, OutcomeGroup, TrialId};

use vocabulary::FlagName;

use crate::{
    context::Context,
    error::RunError,
    journal::JournalError,
    plan, probe,
    run::{job::Job, runner::Runner, state::State},
    watch::adapter::Verdict,
};

impl Runner {
    /// Writes what opens the run, and gives the jobs that are left of its selection.
    pub(super) async fn open(&self, context: &Context, mut state: State) -> Result<Vec<Job>, RunError> {
        self.write_opening(context, &state).await?;
        for trial in self.taken_back(context, &state) {
            reopen(context, &mut state, trial).await?;
        }
        let mut jobs = Vec::new();
        for trial in self.plan.trials.iter().filter(|trial| self.options.selection.holds(trial)) {
            let infra = |outcome: Outcome| outcome.group() == OutcomeGroup::Infra || outcome.is_retried();
            if self.options.retry_infra && state.ended(&trial.id).is_some_and(infra) {
                reopen(context, &mut state, trial.id.clone()).await?;
            }
            if state.ended(&trial.id).is_none() {
                jobs.push(Job::Trial {
                    trial: trial.clone(),
                    first_try: state.next_try(&trial.id),
                    infra_failures: state.infra_failures(&trial.id),
                });
            } else if let Some((end, snapshots)) = state.ungraded(&trial.id) {
                jobs.push(Job::Snapshots { trial: trial.clone(), end: Box::new(end), snapshots });
            }
        }
        Ok(jobs)
    }

    async fn write_opening(&self, context: &Context, state: &State) -> Result<(), RunError> {
        let facts = self.engine.facts().await?;
        let host_facts = BTreeMap::from([
            ("engine".to_owned(), facts.version),
            ("api".to_owned(), facts.api),
            ("storage_driver".to_owned(), facts.storage_driver),
            ("cgroup_version".to_owned(), facts.cgroup_version),
            ("kernel".to_owned(), facts.kernel),
            ("cpus".to_owned(), facts.cpus.to_string()),
            ("memory_bytes".to_owned(), facts.memory_bytes.to_string()),
        ]);
        let opened = Event::Opened {
            plan: self.run.plan_digest()?,
            trials: self.plan.trials.len(),
            pid: std::process::id(),
            host: ledger::run::host_name(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            host_facts,
            harnesses: plan::definitions(&self.resolved)?,
            inputs: Some(context.journal.store(&serde_json::to_vec(&context.inputs)?)?),
        };
        context.journal.write(opened).await?;
        let tuned = plan::tuned_on_test(&self.resolved);
        if !tuned.is_empty() && !state.has_flag(FlagName::TunedOnTest) {
            let detail =
                format!("prompts were tuned on tasks that results are stated on: {}", tuned.join(", "));
            context.journal.write(Event::Flag { trial: None, flag: FlagName::TunedOnTest, detail }).await?;
        }
        for (trial, try_number, spent) in state.cut_off() {
            context.journal.write(Event::CutOff { trial, try_number, spent }).await?;
        }
        Ok(())
    }

    /// What the arms' earlier trials came to, so that an arm which works is not stopped. Returns the trials of an arm
    /// that the program did not live to stop: their ends are no scores, and to be taken back.
    fn taken_back(&self, context: &Context, state: &State) -> Vec<TrialId> {
        let ends = self.plan.trials.iter().filter_map(|planned| Some((planned, state.end(&planned.id)?)));
        // The plan's order is not that of the ends: one that worked goes before any crash.
        let (crashes, others): (Vec<_>, Vec<_>) =
            ends.partition(|(_, end)| end.outcome == Outcome::HarnessCrash);
        let mut taken_back = Vec::new();
        for (planned, end) in others.into_iter().chain(crashes) {
            if let Verdict::Stop(trials) = context.adapters.ended(planned, end) {
                taken_back.extend(trials);
                context.adapters.try_again(planned);
            }
        }
        taken_back
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

async fn reopen(context: &Context, state: &mut State, trial: TrialId) -> Result<(), JournalError> {
    let event = Event::Reopened { trial };
    state.add(&event);
    context.journal.write(event).await
}
