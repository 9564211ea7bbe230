//! A run from its directory to its last event.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc};

use gateway::{Gateway, GatewayConfig, Keys};
use ledger::{Event, Ledger, Outcome, Plan, RunDir, TrialId, outcome::OutcomeGroup};
use sandbox::{Engine, EngineError, pack::Pack};
use spec::{
    Arm, Harness, Model, Task,
    limits::Limits,
    project::{Project, Resolved},
};
use tokio_util::sync::CancellationToken;

use crate::{
    container::images::{self, ImageError, Images},
    journal::Journal,
    plan::{self, Selection},
    probe,
    progress::{Observer, Progress},
    replay::Recording,
    run::{
        control,
        job::{self, Job},
        schedule,
        state::State,
    },
    watch::{
        adapter::{Adapters, Verdict},
        memory::Memory,
        outage::Outages,
    },
};

/// How a run is told to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Start nothing new; let what runs end.
    pub drain: CancellationToken,
    /// Stop what runs, too.
    pub kill: CancellationToken,
}

/// The flag of a sweep that tunes prompts on the split `test`.
const TUNED_ON_TEST: &str = "TUNED_ON_TEST";

/// A run about to be carried out.
pub struct Runner {
    /// The engine.
    pub engine: Engine,
    /// The project.
    pub project: Project,
    /// The sweep and everything it names.
    pub resolved: Resolved,
    /// The packs of its harnesses, by name.
    pub packs: BTreeMap<String, Pack>,
    /// The plan, made from both.
    pub plan: Plan,
    /// Keys of its models' providers.
    pub keys: Keys,
    /// The recorded run that answers in the providers' place, as the plan says.
    pub recording: Option<Recording>,
    /// Where it is carried out.
    pub run: RunDir,
    /// Which part of it.
    pub selection: Selection,
    /// Run trials again that ended for reasons of the infrastructure.
    pub retry_infra: bool,
    /// Compare what the arms see of their containers before the first trial.
    pub probe: bool,
    /// Trials at once.
    pub concurrency: u32,
    /// Who is told.
    pub observer: Observer,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Every trial of the selection has ended.
    Complete,
    /// It was told to stop.
    Stopped,
    /// An arm was stopped because its harness crashed in its first trials.
    ArmStopped,
    /// The sweep's spend cap is reached. A sweep with a higher one is another plan, and so another run.
    CapReached,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run's directory.
    #[error(transparent)]
    Directory(#[from] ledger::run::RunError),
    /// The ledger cannot be written: nothing more is started.
    #[error(
        "the ledger cannot be written: {0}; nothing more was started, and the same command resumes the run"
    )]
    Ledger(#[source] io::Error),
    /// The engine, before any trial.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Limits that the machine cannot give.
    #[error("{what}: {wanted} {unit}, and this machine has {there}; lower it, or take a larger machine")]
    TooLarge {
        /// Whose limit.
        what: String,
        /// What was asked for.
        wanted: f64,
        /// Its unit.
        unit: &'static str,
        /// What there is.
        there: f64,
    },
    /// The gateway, before any trial.
    #[error(transparent)]
    Gateway(#[from] gateway::OpenError),
    /// The meter's formula.
    #[error("budget.meter: {0}")]
    Meter(#[from] gateway::MeterError),
    /// What an arm's shell tool sees of its container is not what the baseline's sees: no trial was started.
    #[error(
        "the arms' containers differ from that of {baseline}: `-` is what its shell tool sees, `+` what the arm's does\n{differences}\nmend the harness's harness.toml, or declare there under [[differences]] what is meant to be so, with its reason; --no-probe measures with these differences, and the report says so"
    )]
    ArmsDiffer {
        /// The arm compared with.
        baseline: Arm,
        /// Arm by arm, line by line.
        differences: String,
    },
    /// The probe of an arm did not come to its end.
    #[error("the probe of {arm} failed: {detail}")]
    Probe {
        /// The arm.
        arm: Arm,
        /// Why.
        detail: String,
    },
    /// A container that was to be visited did not get ready.
    #[error("the container did not get ready: {0}")]
    Visit(String),
    /// An image, before any trial.
    #[error("the image of task `{task}`: {source}")]
    Image {
        /// The task.
        task: String,
        /// Why.
        source: ImageError,
    },
}

/// What all trials of a run share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) gateway: Gateway,
    pub(crate) meter: gateway::Meter,
    pub(crate) journal: Journal,
    pub(crate) recording: Option<Recording>,
    pub(crate) run_id: String,
    pub(crate) project: Project,
    pub(crate) plan: Plan,
    pub(crate) models: BTreeMap<String, Model>,
    pub(crate) harnesses: BTreeMap<String, Harness>,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) images: BTreeMap<String, Images>,
    pub(crate) packs: BTreeMap<String, Pack>,
    pub(crate) prompts: spec::project::PromptTexts,
    pub(crate) scratch: PathBuf,
    pub(crate) observer: Observer,
    pub(crate) kill: CancellationToken,
    pub(crate) memory: Arc<Memory>,
    pub(crate) outages: Arc<Outages>,
    pub(crate) adapters: Arc<Adapters>,
}

impl Runner {
    /// Carries the run out, from wherever its ledger left it.
    ///
    /// # Errors
    /// When it cannot begin, or the ledger can no longer be written. What was recorded stays.
    pub async fn run(self, stop: Stop) -> Result<Finished, RunError> {
        self.run.prepare(&self.plan)?;
        let (ledger, contents) = self.run.open()?;
        let state = State::of(&contents.lines);
        let _control = match control::listen(self.run.path(), &stop, &self.observer) {
            Ok(control) => Some(control),
            // Not on every file system: the run itself does not need it.
            Err(error) => {
                (self.observer)(Progress::Note(format!("`overhang stop` cannot reach this run: {error}")));
                None
            }
        };
        let shared = self.ready(ledger, contents.run_id, &state, &stop).await?;
        let finished = self.carry_out(&shared, state, &stop).await;
        // Trials that were stopped, or whose engine was away, let go of their containers; nothing of this run may outlive
        // it.
        let left = self.engine.kill_all(&shared.run_id).await;
        if let Err(error) = left {
            (self.observer)(Progress::Note(format!(
                "containers may be left: {error}; `overhang clean` finds them"
            )));
        }
        drop(fs_err::remove_dir_all(&shared.scratch));
        finished
    }

    /// Makes everything ready that trials share.
    pub(crate) async fn ready(
        &self,
        ledger: Ledger,
        run_id: String,
        state: &State,
        stop: &Stop,
    ) -> Result<Arc<Shared>, RunError> {
        let meter = gateway::Meter::parse(&self.plan.sweep.budget.meter)?;
        for removed in self.engine.reap(None).await?.removed {
            (self.observer)(Progress::Note(format!("removed {}, left by a dead process", removed.name)));
        }
        let memory = self.check_limits().await?;
        let images = self.images().await?;
        let journal = Journal::start(ledger, self.run.blobs()).map_err(RunError::Ledger)?;
        let gateway = Gateway::new(GatewayConfig {
            spend_cap_usd: self.plan.sweep.spend_cap_usd,
            spent_usd: state.usd(),
            ..GatewayConfig::new(self.resolved.models.clone(), self.keys.clone(), Arc::new(journal.clone()))
        })?;
        // What only the running program needs; a run that was killed left its own behind.
        let scratch = self.run.path().join("scratch");
        if scratch.exists() {
            fs_err::remove_dir_all(&scratch).map_err(RunError::Ledger)?;
        }
        fs_err::create_dir_all(&scratch).map_err(RunError::Ledger)?;
        Ok(Arc::new(Shared {
            meter,
            run_id,
            images,
            scratch,
            models: self.resolved.models.iter().map(|model| (model.id.clone(), model.clone())).collect(),
            harnesses: self.resolved.harnesses.iter().map(|one| (one.name.clone(), one.clone())).collect(),
            tasks: self.resolved.tasks.iter().map(|task| (task.id.clone(), task.clone())).collect(),
            prompts: self.resolved.prompts.clone(),
            project: self.project.clone(),
            packs: self.packs.clone(),
            plan: self.plan.clone(),
            engine: self.engine.clone(),
            gateway,
            journal,
            recording: self.recording.clone(),
            observer: self.observer.clone(),
            kill: stop.kill.clone(),
            memory: Arc::new(memory),
            outages: Arc::default(),
            adapters: Arc::default(),
        }))
    }

    async fn carry_out(
        &self,
        shared: &Arc<Shared>,
        mut state: State,
        stop: &Stop,
    ) -> Result<Finished, RunError> {
        self.write_opening(shared, &state).await?;
        for trial in self.remember(shared, &state) {
            let event = Event::Reopened { trial };
            state.add(&event);
            shared.journal.write(event).await.map_err(RunError::Ledger)?;
        }
        let mut jobs = Vec::new();
        for trial in self.plan.trials.iter().filter(|trial| self.selection.holds(trial)) {
            let again = self.retry_infra
                && state.ended(&trial.id).is_some_and(|outcome| outcome.group() == OutcomeGroup::Infra);
            if again {
                let event = Event::Reopened { trial: trial.id.clone() };
                state.add(&event);
                shared.journal.write(event).await.map_err(RunError::Ledger)?;
            }
            if state.ended(&trial.id).is_none() {
                let first_try = state.next_try(&trial.id);
                jobs.push(Job::Trial {
                    trial: trial.clone(),
                    first_try,
                    infra_failures: state.infra_failures(&trial.id),
                });
            } else if let Some((end, snapshots)) = state.ungraded(&trial.id) {
                jobs.push(Job::Snapshots { trial: trial.clone(), end: Box::new(end), snapshots });
            }
        }

        if !jobs.is_empty() {
            self.probe(shared).await?;
        }
        let halt = CancellationToken::new();
        let cap = {
            let (shared, halt) = (shared.clone(), halt.clone());
            tokio::spawn(async move {
                shared.gateway.cap_reached().await;
                halt.cancel();
            })
        };
        let broken =
            schedule::run(jobs, self.concurrency as usize, &[stop.drain.clone(), halt.clone()], |job| {
                let shared = shared.clone();
                let halt = halt.clone();
                let stop = [stop.drain.clone(), stop.kill.clone(), halt.clone()];
                async move {
                    let result = job::run(&shared, job, &stop).await;
                    if result.is_err() {
                        halt.cancel();
                    }
                    result
                }
            })
            .await;
        let capped = cap.is_finished();
        cap.abort();
        if let Some(error) = broken {
            return Err(RunError::Ledger(error));
        }
        let finished = if stop.drain.is_cancelled() || stop.kill.is_cancelled() {
            Finished::Stopped
        } else if capped {
            Finished::CapReached
        } else if shared.adapters.any_stopped() {
            Finished::ArmStopped
        } else {
            Finished::Complete
        };
        let reason = match finished {
            Finished::Complete => "every trial of the selection has ended",
            Finished::Stopped => "told to stop",
            Finished::ArmStopped => "every trial has ended but those of an arm whose harness crashes",
            Finished::CapReached => "the spend cap is reached",
        };
        shared.journal.write(Event::Closed { reason: reason.into() }).await.map_err(RunError::Ledger)?;
        Ok(finished)
    }

    async fn write_opening(&self, shared: &Shared, state: &State) -> Result<(), RunError> {
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
            harnesses: plan::definitions(&self.resolved)
                .map_err(io::Error::other)
                .map_err(RunError::Ledger)?,
        };
        shared.journal.write(opened).await.map_err(RunError::Ledger)?;
        let tuned = plan::tuned_on_test(&self.resolved);
        if !tuned.is_empty() && !state.has_flag(TUNED_ON_TEST) {
            let detail =
                format!("prompts were tuned on tasks that results are stated on: {}", tuned.join(", "));
            let event = Event::Flag { trial: None, flag: TUNED_ON_TEST.into(), detail };
            shared.journal.write(event).await.map_err(RunError::Ledger)?;
        }
        for (trial, try_number, spent) in state.cut_off() {
            let event = Event::CutOff { trial, try_number, spent };
            shared.journal.write(event).await.map_err(RunError::Ledger)?;
        }
        Ok(())
    }

    /// Refuses limits above what the machine has: the engine would refuse the CPUs, and give memory that is not there.
    /// Gives the memory that there is for trials.
    async fn check_limits(&self) -> Result<Memory, RunError> {
        let facts = self.engine.facts().await?;
        let there = Memory::of_machine(facts.memory_bytes);
        let memory = self.resolved.harnesses.iter().map(|harness| harness.memory_mb).max().unwrap_or(0);
        let (mut largest, mut busiest) = (0, 0.0_f64);
        for task in &self.resolved.tasks {
            let Limits { cpus, memory_mb, .. } = self.plan.sweep.limits.of_task(task);
            let memory_mb = memory_mb.saturating_add(memory);
            (largest, busiest) = (largest.max(memory_mb), busiest.max(cpus));
            let limits = [
                ("CPUs", cpus, facts.cpus as f64, "CPUs"),
                ("memory, harness included,", memory_mb as f64, (facts.memory_bytes >> 20) as f64, "MiB"),
            ];
            for (name, wanted, there, unit) in limits {
                if wanted > there {
                    let what = format!("task `{}` needs {name}", task.id);
                    return Err(RunError::TooLarge { what, wanted, unit, there });
                }
            }
        }
        let at_once = there.holds(largest);
        if at_once < u64::from(self.concurrency) {
            (self.observer)(Progress::Note(format!(
                "the machine's memory is enough for {at_once} of the largest trials at once ({largest} MiB each); \
                 others wait for their turn"
            )));
        }
        let cpus = facts.cpus as f64 / f64::from(self.concurrency.max(1));
        if cpus < busiest {
            (self.observer)(Progress::Note(format!(
                "with {} trials at once, {cpus:.2} CPUs are guaranteed to each, of {busiest} at most; what it was kept \
                 from is in its record",
                self.concurrency
            )));
        }
        Ok(there)
    }

    async fn probe(&self, shared: &Arc<Shared>) -> Result<(), RunError> {
        if self.probe {
            return probe::arms(shared).await;
        }
        let event = Event::Flag {
            trial: None,
            flag: "NO_PROBE".into(),
            detail: "what the arms see of their containers was not compared (--no-probe)".into(),
        };
        shared.journal.write(event).await.map_err(RunError::Ledger)
    }

    /// What the arms' earlier trials came to, so that an arm which works is not stopped. Returns the trials of an arm
    /// that the program did not live to stop: their ends are no scores, and to be taken back.
    fn remember(&self, shared: &Shared, state: &State) -> Vec<TrialId> {
        let ends = self.plan.trials.iter().filter_map(|planned| Some((planned, state.end(&planned.id)?)));
        // The plan's order is not that of the ends: one that worked goes before any crash.
        let (crashes, others): (Vec<_>, Vec<_>) =
            ends.partition(|(_, end)| end.outcome == Outcome::HarnessCrash);
        let mut taken_back = Vec::new();
        for (planned, end) in others.into_iter().chain(crashes) {
            if let Verdict::Stop(trials) = shared.adapters.ended(planned, end) {
                taken_back.extend(trials);
                shared.adapters.try_again(planned);
            }
        }
        taken_back
    }

    /// Builds or finds the images of every task of the plan, before anything is spent.
    async fn images(&self) -> Result<BTreeMap<String, Images>, RunError> {
        let mut images = BTreeMap::new();
        for task in self.resolved.tasks.iter().filter(|task| task.void.is_none()) {
            let say = |step: &str| {
                (self.observer)(Progress::Image { task: task.id.clone(), step: step.to_owned() });
            };
            let ensured = images::ensure(&self.engine, task, self.plan.sweep.network, &say).await;
            let ensured = ensured.map_err(|source| RunError::Image { task: task.id.clone(), source })?;
            images.insert(task.id.clone(), ensured);
        }
        Ok(images)
    }
}
