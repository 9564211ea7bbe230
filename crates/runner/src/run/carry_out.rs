//! A run from its directory to its last event.

use std::{sync::Arc, time::Duration};

use ledger::{Event, Fold, fold::Sums};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    context::Context,
    error::RunError,
    progress::Progress,
    run::{
        control,
        job::{self, Job},
        runner::Runner,
        schedule,
    },
    stop::Stop,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Every trial of the selection has ended.
    Complete,
    /// It was told to stop.
    Stopped,
    /// An arm was stopped because its harness crashed in its first trials.
    ArmStopped,
    /// The spend cap is reached. A higher one can be told to the program that goes on.
    CapReached,
}

impl Finished {
    /// As the ledger says it.
    fn reason(self) -> &'static str {
        match self {
            Self::Complete => "every trial of the selection has ended",
            Self::Stopped => "told to stop",
            Self::ArmStopped => "every trial has ended but those of an arm that was stopped",
            Self::CapReached => "the spend cap is reached",
        }
    }
}

/// How long what was let go of may take to be removed before all that is left of the run is looked for.
const LETTING_GO: Duration = Duration::from_secs(30);

impl Runner {
    /// Carries the run out, from wherever its ledger left it.
    ///
    /// # Errors
    /// When it cannot begin, or the ledger can no longer be written. What was recorded stays.
    pub async fn run(self, stop: Stop) -> Result<Finished, RunError> {
        self.run.prepare(&self.plan)?;
        let (ledger, contents) = self.run.open()?;
        self.tell(Progress::Begun);
        let fold = Fold::of(&self.plan.trials, Sums, contents.lines)?;
        let _control = match control::listen(self.run.path(), &stop, &self.options.observer) {
            Ok(control) => Some(control),
            // Not on every file system: the run itself does not need it.
            Err(error) => {
                self.note(format!("`overhang stop` cannot reach this run: {error}"));
                None
            }
        };
        let context = self.ready(ledger, contents.run_id, &fold, &stop).await?;
        let finished = self.carry_out(&context, fold, &stop).await;
        // Trials that were stopped, or whose engine was away, let go of their containers; nothing of this run may outlive
        // it.
        let _in_time = tokio::time::timeout(LETTING_GO, self.engine.settled()).await;
        if let Err(error) = sandbox::kill_all(&*self.engine, &context.run_id).await {
            self.note(format!("containers may be left: {error}; `overhang clean` finds them"));
        }
        drop(fs_err::remove_dir_all(&context.scratch));
        finished
    }

    async fn carry_out(&self, context: &Arc<Context>, fold: Fold, stop: &Stop) -> Result<Finished, RunError> {
        let jobs = self.open(context, fold).await?;
        if !jobs.is_empty() {
            self.try_runtime(context).await?;
            self.probe(context).await?;
        }
        let capped = self.run_jobs(context, jobs, stop).await?;
        let finished = if stop.drain.is_cancelled() || stop.kill.is_cancelled() {
            Finished::Stopped
        } else if capped {
            Finished::CapReached
        } else if context.adapters.any_stopped() {
            Finished::ArmStopped
        } else {
            Finished::Complete
        };
        context.journal.write(Event::Closed { reason: finished.reason().into() }).await?;
        Ok(finished)
    }

    /// Runs the jobs until all have ended or nothing new is to begin. Whether that was for the spend cap.
    async fn run_jobs(&self, context: &Arc<Context>, jobs: Vec<Job>, stop: &Stop) -> Result<bool, RunError> {
        let halt = CancellationToken::new();
        let cap = {
            let (context, halt) = (context.clone(), halt.clone());
            AbortOnDropHandle::new(tokio::spawn(async move {
                context.gateway.cap_reached().await;
                halt.cancel();
            }))
        };
        let start = |job| {
            let (context, halt) = (context.clone(), halt.clone());
            let stop = [stop.drain.clone(), stop.kill.clone(), halt.clone()];
            async move {
                let result = job::run(&context, job, &stop).await;
                if result.is_err() {
                    halt.cancel();
                }
                result.map_err(RunError::from)
            }
        };
        let tokens = [stop.drain.clone(), halt.clone()];
        schedule::run(jobs, self.concurrency() as usize, &tokens, start).await?;
        Ok(cap.is_finished())
    }
}
