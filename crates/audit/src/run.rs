//! All detectors over a trial, and over every ended trial of a run.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ledger::{
    CallRecord, Event, PlannedTrial, RunDir, TrialId,
    event::TrialEnd,
    run::{Line, RunError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use transcript::Transcript;
use vocabulary::{Flag, FlagName, Outcome};

use crate::{
    detectors::DETECTORS,
    evidence::Evidence,
    finding::{Finding, State},
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
    /// The flag that a match raises.
    pub flag: FlagName,
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
    /// Recorded bodies that cannot be read, each with its call and the reason.
    pub unreadable: Vec<String>,
}

/// What one detector says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The detector.
    pub detector: String,
    /// Its flag.
    pub flag: FlagName,
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
    let check = |one: &crate::Detector| Check {
        detector: one.name.into(),
        flag: one.flag,
        state: (one.run)(evidence),
    };
    DETECTORS.iter().map(check).collect()
}

/// The flags that the checks of a trial raise.
pub fn flags(checks: &[Check]) -> Vec<Flag> {
    let flags = checks
        .iter()
        .flat_map(|check| check.findings().iter().map(|finding| Flag::new(check.flag, &finding.detail)));
    flags.collect()
}

/// Runs every detector over every ended trial of a run. `recalled`: what its agents were given, as far as is known, for
/// runs that do not hold it.
///
/// # Errors
/// When plan or ledger cannot be read.
pub fn of_run(run: &RunDir, recalled: Inputs) -> Result<RunAudit, RunError> {
    let plan = run.plan()?;
    let planned: HashMap<&TrialId, &PlannedTrial> = plan.trials.iter().map(|one| (&one.id, one)).collect();
    let blobs = run.blobs();
    let mut fold = Fold { inputs: Arc::new(recalled), open: HashMap::new() };
    let mut audits: BTreeMap<TrialId, TrialAudit> = BTreeMap::new();
    let checked = run.each_line(|line| {
        if let Event::Opened { inputs: Some(digest), .. } = &line.event {
            let stored = blobs.get(digest).ok();
            let stored = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
            // Damaged, it is not known.
            fold.inputs = Arc::new(stored.unwrap_or_default());
        }
        if let Event::Reopened { trial } = &line.event {
            audits.remove(trial);
        }
        let Some((end, Open { inputs, calls })) = fold.ended(line) else { return Ok::<(), RunError>(()) };
        let Some(trial) = planned.get(&end.trial) else { return Ok(()) };
        let evidence = Evidence {
            trial,
            end: &end,
            calls: &calls,
            transcript: Transcript::read(&blobs, &calls),
            inputs: inputs.of(&plan, trial),
            blobs: &blobs,
        };
        let unreadable = evidence.transcript.unreadable();
        let audit = TrialAudit {
            trial: end.trial.clone(),
            try_number: end.try_number,
            outcome: end.outcome,
            checks: of_trial(&evidence),
            unreadable: unreadable.map(|(call, why)| format!("call {call}: {why}")).collect(),
        };
        audits.insert(end.trial.clone(), audit);
        Ok(())
    })?;
    let listed = |one: &crate::Detector| Listed {
        name: one.name.into(),
        version: one.version,
        flag: one.flag,
        sees: one.sees.into(),
        misses: one.misses.into(),
    };
    Ok(RunAudit {
        version: RunAudit::VERSION,
        run: checked.run_id,
        plan: checked.plan_digest,
        planned: plan.trials.len(),
        detectors: DETECTORS.iter().map(listed).collect(),
        trials: plan.trials.iter().filter_map(|one| audits.remove(&one.id)).collect(),
    })
}

/// The tries under way, line by line.
struct Fold {
    /// What agents are given that begin now.
    inputs: Arc<Inputs>,
    open: HashMap<TrialId, Open>,
}

/// A try under way.
struct Open {
    inputs: Arc<Inputs>,
    calls: Vec<CallRecord>,
}

impl Fold {
    /// Takes a line. A trial that it ends is given, with the try that ended it.
    fn ended(&mut self, line: Line) -> Option<(Box<TrialEnd>, Open)> {
        match line.event {
            Event::Started { trial, .. } => {
                self.open.insert(trial, Open { inputs: self.inputs.clone(), calls: Vec::new() });
            }
            Event::Call(call) => {
                if let Some(open) = self.open.get_mut(&call.trial) {
                    open.calls.push(*call);
                }
            }
            Event::Ended(end) => {
                let open = self.open.remove(&end.trial)?;
                return Some((end, open));
            }
            _ => {}
        }
        None
    }
}
