//! All detectors over a trial, and over every ended trial of a run.

use std::{
    collections::HashMap,
    num::NonZero,
    panic::resume_unwind,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use ledger::{
    BlobStore, CallRecord, Event, Found, Label, Plan, RunDir,
    fold::{Fold, FoldError, Records, Trial},
    run::RunError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use transcript::Transcript;
use vocabulary::{Digest, Flag, FlagName, Outcome, TrialId};

use crate::{
    detector::Detector,
    detectors::DETECTORS,
    evidence::Evidence,
    finding::{Finding, Level, State},
    inputs::Inputs,
};

/// What the detectors say of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunAudit {
    /// Version of this record.
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// SHA-256 of its plan.
    pub plan: String,
    /// Planned trials.
    pub planned: usize,
    /// The detectors that looked.
    pub detectors: Vec<Listed>,
    /// Its ended trials, in the plan's order.
    pub trials: Vec<TrialAudit>,
}

impl RunAudit {
    /// The version written by this program.
    pub const VERSION: u32 = 1;
}

/// A detector that looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its version. Findings of two versions are not compared.
    pub version: u32,
    /// The highest level that it gives.
    pub level: Level,
    /// The flag that a match above a lead raises; absent where it gives leads alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagName>,
    /// What it sees.
    pub sees: String,
    /// What it cannot see.
    pub misses: String,
}

/// What the detectors say of one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrialAudit {
    /// The trial.
    pub trial: TrialId,
    /// The try that was looked at, which ended it.
    pub try_number: u32,
    /// Its outcome, which no finding changes.
    pub outcome: Outcome,
    /// By detector, in the order of the list.
    pub checks: Vec<Check>,
    /// What people say of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Recorded bodies that cannot be read, each with its call and the reason.
    pub unreadable: Vec<String>,
}

/// What one detector says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The detector.
    pub detector: String,
    /// Its flag; absent where it gives leads alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagName>,
    /// What it says.
    #[serde(flatten)]
    pub state: State,
}

impl Check {
    /// What was seen; empty unless it matches.
    pub fn findings(&self) -> &[Finding] {
        match &self.state {
            State::Match { findings } => findings,
            _ => &[],
        }
    }
}

/// Runs every detector over a trial.
pub fn of_trial(evidence: &Evidence<'_>) -> Vec<Check> {
    let check =
        |one: &Detector| Check { detector: one.name.into(), flag: one.flag, state: (one.run)(evidence) };
    DETECTORS.iter().map(check).collect()
}

/// The flags that the checks of a trial raise: one of a check, where it finds more than leads.
pub fn flags(checks: &[Check]) -> Vec<Flag> {
    let raised = checks.iter().filter_map(|check| {
        let mut certain = check.findings().iter().filter(|finding| finding.level > Level::Lead);
        let first = &certain.next()?.detail;
        let reason = match certain.count() {
            0 => first.clone(),
            more => format!("{first} (and {more} more)"),
        };
        Some(Flag::new(check.flag?, reason))
    });
    raised.collect()
}

/// What the checks of a trial found, in brief.
pub fn found(checks: &[Check]) -> Vec<Found> {
    let found = checks.iter().filter_map(|check| {
        let level = check.findings().iter().map(|finding| finding.level).max()?;
        let version = DETECTORS.iter().find(|one| one.name == check.detector)?.version;
        Some(Found { detector: check.detector.clone(), version, level, flag: check.flag })
    });
    found.collect()
}

/// Why a run cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Its plan or ledger cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its ledger does not fit its plan.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// Runs every detector over every ended trial of a run, on all cores. `recalled`: what its agents were given, as far as is
/// known, for runs that do not hold it.
///
/// # Errors
/// When plan or ledger cannot be read, or do not fit.
pub fn of_run(run: &RunDir, recalled: &Inputs) -> Result<RunAudit, AuditError> {
    let plan = run.plan()?;
    let blobs = run.blobs();
    let mut fold = Fold::new(&plan.trials, Records);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    // As many wait as are worked on: the calls of a whole run may be more than memory holds.
    let (send, ended) = mpsc::sync_channel::<Ended>(workers);
    let ended = Mutex::new(ended);
    let (checked, mut audits) = thread::scope(|scope| {
        let work = || {
            let mut stored = Stored { blobs: &blobs, recalled, read: HashMap::new() };
            let mut done = Vec::new();
            while let Some(ended) = next(&ended) {
                done.push((ended.seq, ended_trial(&plan, &ended, &mut stored)));
            }
            done
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let checked = run.each_line(|line| {
            let (seq, id) = match &line.event {
                Event::Ended(end) => (line.seq, Some(end.trial.clone())),
                _ => (line.seq, None),
            };
            fold.take(line)?;
            let Some(id) = id else { return Ok(()) };
            let calls = fold.take_calls(&id);
            if let Some(trial) = fold.trial(&id).filter(|trial| trial.end.is_some()) {
                // It fails where all workers have panicked, which is told below.
                let _ = send.send(Ended { seq, trial: trial.clone(), calls });
            }
            Ok::<(), AuditError>(())
        });
        drop(send);
        let done =
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        let mut done: Vec<(u64, TrialAudit)> = done.filter_map(|(seq, audit)| Some((seq, audit?))).collect();
        // An end may have been taken back, and another one have followed.
        done.sort_by_key(|(seq, _)| *seq);
        let audits: HashMap<_, _> = done.into_iter().map(|(_, audit)| (audit.trial.clone(), audit)).collect();
        (checked, audits)
    });
    let checked = checked?;
    let stands = fold.trials().iter().filter(|trial| trial.end.is_some());
    Ok(RunAudit {
        version: RunAudit::VERSION,
        run: checked.run_id,
        plan: checked.plan_digest,
        planned: plan.trials.len(),
        detectors: detectors(),
        trials: stands
            .filter_map(|trial| {
                let audit = audits.remove(&trial.planned.id)?;
                Some(TrialAudit { labels: trial.labels.clone(), ..audit })
            })
            .collect(),
    })
}

/// A trial at its end.
struct Ended {
    /// The line of its end.
    seq: u64,
    trial: Trial<CallRecord>,
    calls: Vec<CallRecord>,
}

/// The next one, once there is one; `None` where no more come.
fn next(ended: &Mutex<mpsc::Receiver<Ended>>) -> Option<Ended> {
    ended.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// The detectors that look.
pub fn detectors() -> Vec<Listed> {
    let listed = |one: &Detector| Listed {
        name: one.name.into(),
        version: one.version,
        level: one.level,
        flag: one.flag,
        sees: one.sees.into(),
        misses: one.misses.into(),
    };
    DETECTORS.iter().map(listed).collect()
}

fn ended_trial(plan: &Plan, ended: &Ended, stored: &mut Stored<'_>) -> Option<TrialAudit> {
    let Ended { trial, calls, .. } = ended;
    let end = trial.end.as_ref()?;
    let blobs = stored.blobs;
    let inputs = stored.inputs(trial.inputs.as_ref()).of(plan, &trial.planned);
    let transcript = Transcript::read(blobs, calls);
    let evidence = Evidence::new(&trial.planned, end, calls, transcript, inputs, blobs);
    let unreadable = evidence.transcript.unreadable();
    Some(TrialAudit {
        trial: end.trial.clone(),
        try_number: end.try_number,
        outcome: end.outcome,
        checks: of_trial(&evidence),
        labels: Vec::new(),
        unreadable: unreadable.map(|(call, why)| format!("call {call}: {why}")).collect(),
    })
}

/// What a run's agents were given, each stored form read once.
struct Stored<'a> {
    blobs: &'a BlobStore,
    recalled: &'a Inputs,
    read: HashMap<Digest, Inputs>,
}

impl Stored<'_> {
    fn inputs(&mut self, digest: Option<&Digest>) -> &Inputs {
        let Some(digest) = digest else { return self.recalled };
        self.read.entry(digest.clone()).or_insert_with(|| {
            let stored = self.blobs.get(digest).ok();
            // Damaged, it is not known.
            stored.and_then(|stored| serde_json::from_slice(&stored).ok()).unwrap_or_default()
        })
    }
}
