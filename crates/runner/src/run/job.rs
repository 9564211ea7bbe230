//! One trial of the plan, with its retries, up to its terminal event.

use std::{any::Any, io, sync::Arc};

use ledger::{
    Event, Outcome, PlannedTrial,
    event::{Snapshot, TrialEnd},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    container::site::Infra,
    progress::Progress,
    run::runner::Shared,
    trial::{one_try as trial, one_try::Tried, snapshot},
    watch::{adapter::Verdict, memory, outage},
};

/// Something of the plan to be carried out.
pub(crate) enum Job {
    /// A trial.
    Trial { trial: PlannedTrial, first_try: u32, infra_failures: u32 },
    /// Snapshots of a trial that has ended, and which the program did not live to grade.
    Snapshots { trial: PlannedTrial, end: Box<TrialEnd>, snapshots: Vec<Snapshot> },
}

/// Carries a job out. `halt`: nothing new begins any more. `Err` when the ledger cannot be written.
pub(crate) async fn run(shared: &Arc<Shared>, job: Job, halt: &[CancellationToken]) -> io::Result<()> {
    let (trial, first_try, mut infra_failures) = match &job {
        Job::Trial { trial, first_try, infra_failures } => (trial, *first_try, *infra_failures),
        Job::Snapshots { trial, end, snapshots } => {
            return snapshot::grade(shared, trial, end, snapshots).await;
        }
    };
    for try_number in first_try.. {
        if shared.adapters.is_stopped(trial) {
            return Ok(());
        }
        let Some(_pass) = outage::pass(shared, trial, halt).await? else { return Ok(()) };
        let room = tokio::select! {
            room = shared.memory.reserve(memory::of_trial(shared, trial)) => room,
            () = outage::any(halt) => return Ok(()),
        };
        (shared.observer)(Progress::Started { trial: trial.id.clone(), try_number });
        let tried = one_try(shared, trial, try_number).await?;
        drop(room);
        let end = match tried {
            // No terminal event: the next run of the same command starts this trial afresh.
            Tried::Stopped { spent } => {
                let event = Event::CutOff { trial: trial.id.clone(), try_number, spent };
                return shared.journal.write(event).await;
            }
            Tried::Hopeless(end) => return ended(shared, trial, end).await,
            Tried::Ended(end) => end,
        };
        if !end.outcome.is_retried() {
            outage::succeeded(shared, trial, end.spent.calls > 0).await?;
            return ended(shared, trial, end).await;
        }
        if outage::failed(shared, trial, end.outcome, &end.detail).await? {
            infra_failures += 1;
        }
        if infra_failures >= Outcome::TRIES {
            return ended(shared, trial, end).await;
        }
        let (outcome, detail, spent) = (end.outcome, end.detail.clone(), end.spent);
        let event =
            Event::Retried { trial: trial.id.clone(), try_number, outcome, detail: detail.clone(), spent };
        shared.journal.write(event).await?;
        (shared.observer)(Progress::Retried { trial: trial.id.clone(), outcome, detail });
        if halt.iter().any(CancellationToken::is_cancelled) {
            return Ok(());
        }
    }
    Ok(())
}

async fn ended(shared: &Shared, planned: &PlannedTrial, end: Box<TrialEnd>) -> io::Result<()> {
    shared.journal.write(Event::Ended(end.clone())).await?;
    let taken_back = match shared.adapters.ended(planned, &end) {
        Verdict::GoOn => Vec::new(),
        Verdict::TakeBack => vec![planned.id.clone()],
        Verdict::Stop(trials) => {
            let (model, arm, detail) = (planned.model.clone(), planned.arm.clone(), end.detail.clone());
            let event = Event::ArmStopped { model: model.clone(), arm: arm.clone(), detail: detail.clone() };
            shared.journal.write(event).await?;
            (shared.observer)(Progress::ArmStopped { model, arm, detail });
            trials
        }
    };
    (shared.observer)(Progress::Ended(end.clone()));
    let kept = !taken_back.contains(&planned.id);
    for trial in taken_back {
        shared.journal.write(Event::Reopened { trial }).await?;
    }
    let snapshots = shared.journal.take_snapshots(&planned.id);
    let counts = kept && !end.outcome.is_retried();
    if counts { snapshot::grade(shared, planned, &end, &snapshots).await } else { Ok(()) }
}

/// One try. A panic in it is our own fault, and this try's only.
async fn one_try(shared: &Arc<Shared>, planned: &PlannedTrial, try_number: u32) -> io::Result<Tried> {
    let (this, trial) = (shared.clone(), planned.clone());
    let span = tracing::info_span!("trial", trial = %planned.id, try_number);
    let tried = async move { trial::one_try(&this, &trial, try_number).await };
    let tried = tokio::spawn(tried.instrument(span)).await;
    let Err(error) = tried else { return tried.map_err(io::Error::other).flatten() };
    let mut end = trial::failed(planned, try_number, Infra::new(Outcome::OrchBug, panicked(error)));
    for call in shared.journal.calls(&planned.id) {
        end.spent.charged += call.charged;
        end.spent.usd += call.usd.unwrap_or(0.0);
        if let Some(usage) = call.usage {
            end.spent.calls += 1;
            end.spent.usage += usage;
        }
    }
    shared.journal.forget(&planned.id);
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
