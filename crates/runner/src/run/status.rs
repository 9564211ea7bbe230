//! How far a run is, for who watches it from outside: read from its ledger.

use std::collections::BTreeMap;

use ledger::{
    Fold, RunDir, TrialId,
    fold::{FoldError, Sums},
};
use schemars::JsonSchema;
use serde::Serialize;

use vocabulary::PauseScope;

use crate::run::control::{self, ControlError, Order, Worker};

/// How far a run is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// The run's id.
    pub run: String,
    /// The program at work on it; `None` when there is none on this machine.
    pub worker: Option<Worker>,
    /// Trials in the plan.
    pub planned: usize,
    /// Trials that have ended.
    pub ended: usize,
    /// Their outcomes, by code.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Tries that began and have not ended. Without a program at work they are cut off, and the trials begin afresh.
    pub under_way: Vec<UnderWay>,
    /// What fails for everybody, so that nothing new begins.
    pub paused: Vec<PauseScope>,
    /// US dollars spent by all calls, every try included; `None` where no call has a price.
    pub usd: Option<f64>,
    /// Models that are simulated.
    pub simulated: Vec<String>,
    /// When the last event was written, in milliseconds since 1970; `None` before the first.
    pub last_event_ms: Option<u64>,
}

/// A try that has not ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnderWay {
    /// The trial.
    pub trial: TrialId,
    /// Which try, from 1.
    pub try_number: u32,
    /// When it began, in milliseconds since 1970.
    pub since_ms: u64,
    /// Its calls so far.
    pub calls: u32,
    /// Budget units settled so far.
    pub charged: f64,
}

/// Why a run's status cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The directory, or what is in it.
    #[error(transparent)]
    Run(#[from] ledger::run::RunError),
    /// Its ledger does not fit its plan.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The program at work on it.
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// How far a run is, and who is at work on it.
///
/// # Errors
/// When the directory holds no run that can be read, or the program at work on it does not answer.
pub async fn status(run: &RunDir) -> Result<Status, StatusError> {
    let plan = run.plan()?;
    let worker = match control::order(run, Order::Tell).await {
        Ok(worker) => Some(worker),
        Err(ControlError::Nobody(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let contents = run.read()?;
    let fold = Fold::of(&plan.trials, Sums, contents.lines)?;
    let mut outcomes = BTreeMap::new();
    for end in fold.trials().iter().filter_map(|trial| trial.end.as_ref()) {
        *outcomes.entry(end.outcome.code()).or_default() += 1;
    }
    let under_way = fold.trials().iter().filter(|trial| trial.is_under_way()).map(|trial| UnderWay {
        trial: trial.planned.id.clone(),
        try_number: trial.try_number,
        since_ms: trial.began_ms,
        calls: trial.spent.calls,
        charged: trial.spent.charged,
    });
    Ok(Status {
        run: contents.run_id,
        worker,
        planned: plan.trials.len(),
        ended: outcomes.values().sum(),
        under_way: under_way.collect(),
        outcomes,
        paused: fold.run().paused.iter().cloned().collect(),
        usd: fold.run().usd,
        simulated: plan.simulated,
        last_event_ms: fold.run().last_event_ms,
    })
}
