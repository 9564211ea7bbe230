//! One trial of the plan, with its retries, up to its terminal event.

use std::{any::Any, sync::Arc};

use ledger::{
    Event, Outcome, PlannedTrial,
    event::{Snapshot, TrialEnd},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    context::Context,
    journal::JournalError,
    no_verdict::NoVerdict,
    stop::any_cancelled,
    trial::{
        one_try::{self, Tried},
        record, snapshots,
    },
    watch::{adapter::Verdict, circuit::Retry, memory},
};

/// Something of the plan to be carried out.
pub(crate) enum Job {
    /// A trial.
    Trial { trial: PlannedTrial, first_try: u32, infra_failures: u32 },
    /// Snapshots of a trial that has ended, and which the program did not live to grade.
    Snapshots { trial: PlannedTrial, end: Box<TrialEnd>, snapshots: Vec<Snapshot> },
}

/// Carries a job out. `halt`: nothing new begins any more.
pub(crate) async fn run(
    context: &Arc<Context>,
    job: Job,
    halt: &[CancellationToken],
) -> Result<(), JournalError> {
    let (trial, first_try, mut infra_failures) = match &job {
        Job::Trial { trial, first_try, infra_failures } => (trial, *first_try, *infra_failures),
        Job::Snapshots { trial, end, snapshots } => {
            return snapshots::grade(context, trial, end, snapshots).await;
        }
    };
    for try_number in first_try.. {
        if context.adapters.is_stopped(trial) {
            return Ok(());
        }
        let Some(_permit) = context.outages.permit(trial, halt).await? else { return Ok(()) };
        let room = tokio::select! {
            room = context.memory.reserve(memory_of(context, trial)) => room,
            () = any_cancelled(halt) => return Ok(()),
        };
        let tried = one_try(context, trial, try_number).await?;
        drop(room);
        let end = match tried {
            // No terminal event: the next run of the same command starts this trial afresh.
            Tried::Stopped { spent } => {
                let event = Event::CutOff { trial: trial.id.clone(), try_number, spent };
                return context.journal.write(event).await;
            }
            Tried::Hopeless(end) => return ended(context, trial, end).await,
            Tried::Ended(end) => end,
        };
        if !end.outcome.is_retried() {
            context.outages.succeeded(trial, end.spent.calls > 0).await?;
            return ended(context, trial, end).await;
        }
        if context.outages.failed(trial, end.outcome, &end.detail).await? == Retry::UsedUp {
            infra_failures += 1;
        }
        if infra_failures >= Outcome::TRIES {
            return ended(context, trial, end).await;
        }
        let (outcome, detail, spent) = (end.outcome, end.detail.clone(), end.spent);
        let event = Event::Retried { trial: trial.id.clone(), try_number, outcome, detail, spent };
        context.journal.write(event).await?;
        if halt.iter().any(CancellationToken::is_cancelled) {
            return Ok(());
        }
    }
    Ok(())
}

/// What a trial may use of the machine's memory, in MiB; nothing where it cannot begin.
fn memory_of(context: &Context, planned: &PlannedTrial) -> u64 {
    context
        .tasks
        .get(&planned.task)
        .map_or(0, |task| memory::of_trial(&context.plan.sweep.limits, task, context.harness_of(planned)))
}

async fn ended(context: &Context, planned: &PlannedTrial, end: Box<TrialEnd>) -> Result<(), JournalError> {
    context.journal.write(Event::Ended(end.clone())).await?;
    let taken_back = match context.adapters.ended(planned, &end) {
        Verdict::GoOn => Vec::new(),
        Verdict::TakeBack => vec![planned.id.clone()],
        Verdict::Stop(trials) => {
            let (model, arm, detail) = (planned.model.clone(), planned.arm.clone(), end.detail.clone());
            let outcome = end.outcome;
            context.journal.write(Event::ArmStopped { model, arm, outcome, detail }).await?;
            trials
        }
    };
    let kept = !taken_back.contains(&planned.id);
    for trial in taken_back {
        context.journal.write(Event::Reopened { trial }).await?;
    }
    let snapshots = context.journal.take_snapshots(&planned.id);
    let counts = kept && !end.outcome.is_retried();
    if counts { snapshots::grade(context, planned, &end, &snapshots).await } else { Ok(()) }
}

/// One try. A panic in it is our own fault, and this try's only.
async fn one_try(
    context: &Arc<Context>,
    planned: &PlannedTrial,
    try_number: u32,
) -> Result<Tried, JournalError> {
    let (this, trial) = (context.clone(), planned.clone());
    let span = tracing::info_span!("trial", trial = %planned.id, try_number);
    let tried = async move { one_try::one_try(&this, &trial, try_number).await };
    let error = match tokio::spawn(tried.instrument(span)).await {
        Ok(tried) => return tried,
        Err(error) => error,
    };
    let mut end = record::of_no_verdict(planned, try_number, NoVerdict::bug(panicked(error)));
    for call in context.journal.calls(&planned.id) {
        end.spent += &call;
    }
    context.journal.forget(&planned.id);
    Ok(Tried::Ended(Box::new(end)))
}

fn panicked(error: tokio::task::JoinError) -> String {
    let said = |panic: &(dyn Any + Send)| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
    };
    match error.try_into_panic() {
        Ok(panic) => format!("the program panicked in this trial: {}", said(panic.as_ref())),
        Err(error) => format!("the trial's own task was stopped: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_in_its_own_words() {
        let error = tokio::spawn(async { panic!("index {} out of range", 7) }).await.unwrap_err();
        assert_eq!(panicked(error), "the program panicked in this trial: index 7 out of range");
    }
}
