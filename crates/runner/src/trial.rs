//! One try of one trial: container, session, agent, collection, grading, outcome.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use gateway::{Session, SessionSpec, Summary};
use ledger::{
    Event, Outcome, PlannedTrial,
    event::{Spent, TrialEnd},
};
use sandbox::{
    Cause, EngineError, Labels, Sandbox, StartSpec,
    guest::{Events, GuestError},
};
use spec::{Harness, Model, Task, limits::Limits, names::Prompt, sweep::Network};

use crate::{
    agents, brief, conclusion, evidence, grading,
    run::{Images, Shared},
    workspace,
};

/// Where harnesses find the gateway inside their container.
pub(crate) const GATEWAY_PORT: u16 = 8377;

/// Most connections to the gateway at once, per container.
pub(crate) const CONNECTIONS: u32 = 256;

/// How a try went.
pub(crate) enum Tried {
    /// It has an outcome.
    Ended(Box<TrialEnd>),
    /// It was stopped from outside and has none.
    Stopped {
        /// What it had spent.
        spent: Spent,
    },
}

/// Everything that is fixed about one try.
pub(crate) struct Try<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) planned: &'a PlannedTrial,
    pub(crate) try_number: u32,
    pub(crate) task: &'a Task,
    pub(crate) model: &'a Model,
    pub(crate) harness: Option<&'a Harness>,
    pub(crate) images: &'a Images,
    pub(crate) limits: Limits,
    pub(crate) workdir: String,
    pub(crate) user: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) prompt: &'a str,
}

/// What went wrong outside the agent's reach: an infra outcome and its words.
#[derive(Debug)]
pub(crate) struct Infra {
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

impl Infra {
    pub(crate) fn new(outcome: Outcome, detail: impl std::fmt::Display) -> Self {
        Self { outcome, detail: detail.to_string() }
    }
}

impl From<EngineError> for Infra {
    fn from(error: EngineError) -> Self {
        let outcome = match error.cause() {
            Cause::Docker => Outcome::Docker,
            Cause::ImagePull => Outcome::ImagePull,
            Cause::HostDisk => Outcome::HostDisk,
        };
        Self::new(outcome, error)
    }
}

impl From<GuestError> for Infra {
    fn from(error: GuestError) -> Self {
        Self::new(Outcome::Docker, error)
    }
}

/// Makes one try. `Err` only when the ledger cannot be written.
pub(crate) async fn one_try(shared: &Shared, planned: &PlannedTrial, try_number: u32) -> io::Result<Tried> {
    let began = Instant::now();
    let this = match prepare(shared, planned, try_number) {
        Ok(this) => this,
        Err(detail) => {
            let started = Event::Started { trial: planned.id.clone(), try_number, image: String::new() };
            shared.journal.write(started).await?;
            return Ok(Tried::Ended(Box::new(failed(
                planned,
                try_number,
                Infra::new(Outcome::OrchBug, detail),
            ))));
        }
    };
    let started =
        Event::Started { trial: planned.id.clone(), try_number, image: this.images.agent.id.clone() };
    shared.journal.write(started).await?;
    let session = match open(&this) {
        Ok(session) => session,
        Err(infra) => return Ok(Tried::Ended(Box::new(failed(planned, try_number, infra)))),
    };
    let outcome = tokio::select! {
        outcome = carry_out(&this, &session) => Some(outcome),
        () = shared.kill.cancelled() => None,
    };
    session.close().await;
    let summary = session.summary();
    let spent = spent(&summary);
    let Some(outcome) = outcome else { return Ok(Tried::Stopped { spent }) };
    let mut end = match outcome? {
        Ok(end) => end,
        Err(infra) => failed(planned, try_number, infra),
    };
    end.spent = spent;
    end.unspent = summary.unspent;
    end.flags.extend(summary.flags);
    end.total_seconds = began.elapsed().as_secs_f64();
    shared.journal.forget(&planned.id);
    Ok(Tried::Ended(Box::new(end)))
}

pub(crate) fn prepare<'a>(
    shared: &'a Shared,
    planned: &'a PlannedTrial,
    try_number: u32,
) -> Result<Try<'a>, String> {
    let missing = |what: &str| format!("{what} of {} is not in the run", planned.id);
    let task = shared.tasks.get(&planned.task).ok_or_else(|| missing("the task"))?;
    let model = shared.models.get(&planned.model).ok_or_else(|| missing("the model"))?;
    let images = shared.images.get(&planned.task).ok_or_else(|| missing("the image"))?;
    let harness = shared.plan.harness_of(planned).ok_or_else(|| missing("the preferred harness"))?;
    let harness = if harness.is_bare() {
        None
    } else {
        Some(shared.harnesses.get(&harness.0).ok_or_else(|| missing("the harness"))?)
    };
    let prompt = match planned.arm.prompt {
        Prompt::Generic => &shared.prompts.generic,
        Prompt::Specific => shared.prompts.specific.get(&model.id).ok_or_else(|| missing("the prompt"))?,
    };
    let environment = &task.environment;
    let mut limits = shared.plan.sweep.limits.clone();
    limits.cpus = environment.cpus.unwrap_or(limits.cpus);
    limits.memory_mb = environment.memory_mb.unwrap_or(limits.memory_mb);
    limits.disk_mb = environment.storage_mb.unwrap_or(limits.disk_mb);
    let mut env = base_env();
    env.extend(images.agent.env.clone());
    env.extend(environment.env.clone());
    Ok(Try {
        workdir: environment.workdir.clone().unwrap_or_else(|| images.agent.workdir.clone()),
        user: task.agent_user.clone().unwrap_or_else(|| images.agent.user.clone()),
        shared,
        planned,
        try_number,
        task,
        model,
        harness,
        images,
        limits,
        env,
        prompt,
    })
}

/// What every program in every arm finds in its environment, unless image or task say otherwise: no pager waits for
/// a key, no output depends on the host.
fn base_env() -> BTreeMap<String, String> {
    let defaults = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("LANG", "C.UTF-8"),
        ("PAGER", "cat"),
        ("TERM", "dumb"),
    ];
    defaults.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn open(this: &Try<'_>) -> Result<Session, Infra> {
    let sweep = &this.shared.plan.sweep;
    let bug = |error: &dyn std::fmt::Display| Infra::new(Outcome::OrchBug, error);
    let sim = brief::of(this.model, this.task, this.planned, this.harness, &this.workdir, sweep.seed)
        .map_err(|error| bug(&error))?;
    let spec = SessionSpec {
        trial: this.planned.id.clone(),
        try_number: this.try_number,
        model: this.model.id.clone(),
        budget: sweep.budget.tokens,
        meter: this.shared.meter.clone(),
        settings: sweep.settings,
        helpers: sweep.helpers,
        losses: sweep.losses,
        server_tools: sweep.server_tools,
        exhausted: this
            .harness
            .map_or(spec::harness::Exhausted::FinalMessage, |harness| harness.end.exhausted),
        max_calls: this.limits.turns,
        sim,
    };
    this.shared.gateway.open(spec).map_err(|error| bug(&error))
}

pub(crate) fn start_spec(
    this: &Try<'_>,
    image: &sandbox::Image,
    purpose: &str,
    with_harness: bool,
) -> StartSpec {
    let harness = this.harness.filter(|_| with_harness);
    let packs = harness.and_then(|harness| this.shared.packs.get(&harness.name)).map(|pack| pack.mount());
    StartSpec {
        image: image.id.clone(),
        name: format!("{}-{purpose}", this.planned.id.0),
        labels: Labels { run: this.shared.run_id.clone(), trial: format!("{}:{purpose}", this.planned.id.0) },
        workdir: Some(this.workdir.clone()),
        env: BTreeMap::new(),
        limits: this.limits.clone(),
        harness_memory_mb: harness.map_or(0, |harness| harness.memory_mb),
        packs: packs.into_iter().collect(),
        network: if this.task.environment.network && this.shared.plan.sweep.network == Network::Task {
            sandbox::Network::Bridge
        } else {
            sandbox::Network::None
        },
        new_privileges: false,
    }
}

type Ended = io::Result<Result<TrialEnd, Infra>>;

async fn carry_out(this: &Try<'_>, session: &Session) -> Ended {
    let mut sandbox =
        match this.shared.engine.start(start_spec(this, &this.images.agent, "agent", true)).await {
            Ok(sandbox) => sandbox,
            Err(error) => return Ok(Err(error.into())),
        };
    let events = sandbox.events();
    let result = in_sandbox(this, session, sandbox.as_ref(), events).await;
    if let Err(error) = sandbox.remove().await {
        tracing::warn!(trial = %this.planned.id, %error, "the container was not removed");
    }
    result
}

async fn in_sandbox(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    events: Option<Events>,
) -> Ended {
    let names = agents::DnsNames::default();
    if let Err(infra) = agents::open_tunnel(this, session, sandbox, events, &names, CONNECTIONS).await {
        return Ok(Err(infra));
    }
    let began = Instant::now();
    let agent = agents::run(this, session, sandbox).await;
    let agent_seconds = began.elapsed().as_secs_f64();
    session.close().await;
    let summary = session.summary();
    let stop = match agent {
        Ok(agent) => conclusion::conclude(this, sandbox, agent, &summary).await,
        Err(infra) => Err(infra),
    };
    let (reason, detail) = match &stop {
        Ok(stop) => (stop.outcome, stop.detail.clone()),
        Err(infra) => (Some(infra.outcome), infra.detail.clone()),
    };
    let stopped = Event::Stopped {
        trial: this.planned.id.clone(),
        try_number: this.try_number,
        reason,
        detail,
        seconds: agent_seconds,
    };
    this.shared.journal.write(stopped).await?;
    let stop = match stop {
        Ok(stop) => stop,
        Err(infra) => return Ok(Err(infra)),
    };
    let graded = async {
        let workspace = workspace::collect(this, sandbox).await?;
        let graded = grading::grade(this, sandbox, &workspace).await?;
        Ok::<_, Infra>((workspace, graded))
    };
    let (workspace, graded) = match graded.await {
        Ok(both) => both,
        Err(infra) => return Ok(Err(infra)),
    };
    // Reads every recorded request of a try, which grow with the conversation: not on a thread that other trials'
    // answers pass through.
    let calls = this.shared.journal.calls(&this.planned.id);
    let evidence = tokio::task::block_in_place(|| evidence::of(this, &calls, &summary));
    let mut flags = stop.flags;
    flags.extend(evidence.flags);
    let outcome = stop.outcome.unwrap_or(if graded.score >= 1.0 { Outcome::Pass } else { Outcome::Fail });
    Ok(Ok(TrialEnd {
        outcome,
        detail: stop.detail,
        score: Some(graded.score),
        rewards: graded.rewards,
        agent_seconds,
        grading_seconds: graded.seconds,
        workspace: Some(workspace.digest),
        commands: this.shared.journal.store(&evidence.commands).ok(),
        verifier_output: this.shared.journal.store(&graded.output).ok(),
        harness_output: stop.output.and_then(|output| this.shared.journal.store(&output).ok()),
        dns_names: names.take(),
        resources: stop.resources,
        flags,
        ..failed(this.planned, this.try_number, Infra::new(outcome, ""))
    }))
}

/// The agent's wall time: the task's, if it is shorter than the sweep's.
pub(crate) fn wall(this: &Try<'_>) -> Duration {
    let sweep = this.limits.wall_time_sec as f64;
    Duration::from_secs_f64(this.task.agent_timeout_sec.map_or(sweep, |task| task.min(sweep)).max(0.0))
}

fn spent(summary: &Summary) -> Spent {
    Spent { calls: summary.calls, usage: summary.usage, charged: summary.used, usd: summary.usd }
}

/// The end of a try that has nothing to show.
pub(crate) fn failed(planned: &PlannedTrial, try_number: u32, infra: Infra) -> TrialEnd {
    TrialEnd {
        trial: planned.id.clone(),
        try_number,
        outcome: infra.outcome,
        detail: infra.detail,
        score: None,
        rewards: BTreeMap::new(),
        spent: Spent::default(),
        unspent: 0.0,
        agent_seconds: 0.0,
        grading_seconds: 0.0,
        total_seconds: 0.0,
        workspace: None,
        commands: None,
        verifier_output: None,
        harness_output: None,
        dns_names: Vec::new(),
        resources: BTreeMap::new(),
        flags: Vec::new(),
    }
}
