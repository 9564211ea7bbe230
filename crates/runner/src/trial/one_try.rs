//! One try of one trial: container, session, agent, collection, grading, outcome.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use gateway::{Session, SessionSpec, Summary};
use ledger::{
    Event, Outcome, PlannedTrial,
    event::{Spent, TrialEnd},
};
use sandbox::{Sandbox, StartSpec, guest::Events};
use spec::{Harness, Model, Task, names::Prompt};
use tracing::{Instrument, info_span};

use crate::{
    agents::{run as agents, self_report},
    container::{
        readiness,
        site::{Infra, Site, Terms},
        workspace,
    },
    grading::{
        grade as grading,
        grade::AfterAgent,
        rewards::{self, Tally},
    },
    run::runner::Shared,
    trial::{
        brief,
        conclusion::{self, Conclusion},
        evidence,
    },
};

/// Where harnesses find the gateway inside their container.
pub(crate) const GATEWAY_PORT: u16 = 8377;

/// Most connections to the gateway at once, per container.
pub(crate) const CONNECTIONS: u32 = 256;

/// How a try went.
pub(crate) enum Tried {
    /// It has an outcome.
    Ended(Box<TrialEnd>),
    /// It has none, and no other try would fare better.
    Hopeless(Box<TrialEnd>),
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
    pub(crate) site: Site<'a>,
    pub(crate) model: &'a Model,
    pub(crate) harness: Option<&'a Harness>,
    pub(crate) prompt: &'a str,
}

impl<'a> Try<'a> {
    /// The same try at one of its task's steps, with what is left of the wall time.
    fn at(&self, step: &'a Task, elapsed: Duration) -> Self {
        let mut site = self.site.at(step);
        site.limits.wall_time_sec = site.limits.wall_time_sec.saturating_sub(elapsed.as_secs());
        Self { site, ..*self }
    }

    /// Paths below the working directory that the harness leaves behind.
    pub(crate) fn leaves(&self) -> &[String] {
        self.harness.map(|harness| harness.leaves.as_slice()).unwrap_or_default()
    }
}

/// Makes one try. `Err` only when the ledger cannot be written.
pub(crate) async fn one_try(shared: &Shared, planned: &PlannedTrial, try_number: u32) -> io::Result<Tried> {
    let began = Instant::now();
    let this = match prepare(shared, planned, try_number) {
        Ok(this) => this,
        Err(infra) => {
            let started = Event::Started { trial: planned.id.clone(), try_number, image: String::new() };
            shared.journal.write(started).await?;
            return Ok(Tried::Ended(Box::new(failed(planned, try_number, infra))));
        }
    };
    let started =
        Event::Started { trial: planned.id.clone(), try_number, image: this.site.images.agent.id.clone() };
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
    let (mut end, hopeless) = match outcome? {
        Ok(end) => (end, false),
        Err(infra) => {
            let hopeless = !infra.again;
            (failed(planned, try_number, infra), hopeless)
        }
    };
    end.spent = spent;
    end.unspent = summary.unspent;
    end.flags.extend(summary.flags);
    end.flags.extend(self_report::difference(&end));
    end.total_seconds = began.elapsed().as_secs_f64();
    shared.journal.forget(&planned.id);
    tracing::info!(outcome = %end.outcome, score = end.score, detail = end.detail, "ended");
    let end = Box::new(end);
    Ok(if hopeless { Tried::Hopeless(end) } else { Tried::Ended(end) })
}

pub(crate) fn prepare<'a>(
    shared: &'a Shared,
    planned: &'a PlannedTrial,
    try_number: u32,
) -> Result<Try<'a>, Infra> {
    let missing =
        |what: &str| Infra::new(Outcome::OrchBug, format!("{what} of {} is not in the run", planned.id));
    let task = shared.tasks.get(&planned.task).ok_or_else(|| missing("the task"))?;
    if let Some(why) = &task.void {
        return Err(Infra::new(Outcome::TaskInvalid, why));
    }
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
    let terms = Terms {
        engine: &shared.engine,
        limits: &shared.plan.sweep.limits,
        network: shared.plan.sweep.network,
        run: &shared.run_id,
        trial: &planned.id.0,
        scratch: &shared.scratch,
    };
    Ok(Try { shared, planned, try_number, site: Site::new(terms, task, images), model, harness, prompt })
}

pub(crate) fn open(this: &Try<'_>) -> Result<Session, Infra> {
    let sweep = &this.shared.plan.sweep;
    let bug = |error: &dyn std::fmt::Display| Infra::new(Outcome::OrchBug, error);
    let sim =
        brief::of(this.model, this.site.task, this.planned, this.harness, &this.site.workdir, sweep.seed)
            .map_err(|error| bug(&error))?;
    let normalisers = this.harness.map_or(&[][..], |harness| &harness.normalisers);
    let cassette = this.shared.recording.as_ref().map(|recording| {
        // Reads every recorded request of the trial: not on a thread that other trials' answers pass through.
        tokio::task::block_in_place(|| recording.cassette(&this.planned.id, normalisers))
    });
    let cassette = cassette.transpose().map_err(|error| bug(&error))?;
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
        max_calls: this.site.limits.turns,
        sim,
        cassette: cassette.map(Arc::new),
    };
    this.shared.gateway.open(spec).map_err(|error| bug(&error))
}

/// What a simulated model knows of the step.
fn brief_of(this: &Try<'_>) -> io::Result<Option<gateway::sim::Brief>> {
    let seed = this.shared.plan.sweep.seed;
    brief::of(this.model, this.site.task, this.planned, this.harness, &this.site.workdir, seed)
}

type Ended = io::Result<Result<TrialEnd, Infra>>;

async fn carry_out(this: &Try<'_>, session: &Session) -> Ended {
    let starting = this.shared.engine.start(agent_spec(this, "agent"));
    let mut sandbox = match starting.instrument(info_span!("start")).await {
        Ok(sandbox) => sandbox,
        Err(error) => return Ok(Err(error.into())),
    };
    let events = sandbox.events();
    let result = in_sandbox(this, session, sandbox.as_ref(), events).await;
    if let Err(error) = sandbox.remove().instrument(info_span!("remove")).await {
        tracing::warn!(%error, "the container was not removed");
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
    let steps = this.site.task.parts();
    let (mut tally, mut agent_seconds, mut grading_seconds) = (Tally::default(), 0.0, 0.0);
    let (mut output, mut flags, mut last) = (Vec::new(), BTreeSet::new(), None);
    let mut told = Vec::new();
    let mut going_on = true;
    for (index, step) in steps.iter().enumerate() {
        if !going_on {
            break;
        }
        let this = this.at(step, began.elapsed());
        if index > 0 && (this.site.limits.wall_time_sec == 0 || session.summary().stopped.is_some()) {
            // The agent's own limits kept it from this step, and from those after it.
            (index..steps.len()).for_each(|_| tally.add_nothing());
            break;
        }
        let done = match one_step(&this, session, sandbox, index + 1 == steps.len()).await? {
            Ok(done) => done,
            Err(infra) => return Ok(Err(infra)),
        };
        agent_seconds += done.agent_seconds;
        if let Some(AfterAgent { graded, .. }) = &done.graded {
            going_on = tally.add(step, graded.rewards.clone());
            grading_seconds += graded.seconds;
            output.extend_from_slice(&graded.output);
            flags.extend(graded.failures.iter().map(|failure| format!("GRADED_AGAIN: {failure}")));
        } else {
            going_on = false;
            (index..steps.len()).for_each(|_| tally.add_nothing());
        }
        flags.extend(done.stop.flags.iter().cloned());
        told.push(done.stop.told);
        last = Some(done);
    }
    // Nothing more is let through, whichever step was the last.
    session.close().await;
    let summary = session.summary();
    let Some(Done { stop, graded, .. }) = last else {
        return Ok(Err(Infra::new(Outcome::OrchBug, "the task has no step")));
    };
    let rewards = tally.total(this.site.task.step_reward);
    let finished = async {
        let score = rewards::score(&rewards).map_err(|wrong| Infra::new(Outcome::VerifierCrash, wrong))?;
        let Some(AfterAgent { workspace, outside, .. }) = graded else { return Ok((score, None, None)) };
        let workspace = workspace::store(&this.shared.journal, workspace).await?;
        Ok::<_, Infra>((score, Some(workspace), Some(outside)))
    };
    let (score, workspace, outside) = match finished.await {
        Ok(both) => both,
        Err(infra) => return Ok(Err(infra)),
    };
    // Reads every recorded request of a try, which grow with the conversation: not on a thread that other trials'
    // answers pass through.
    let calls = this.shared.journal.calls(&this.planned.id);
    let first = steps.first().map(|step| this.at(step, Duration::ZERO));
    let evidence =
        tokio::task::block_in_place(|| evidence::of(first.as_ref().unwrap_or(this), &calls, &summary));
    flags.extend(evidence.flags);
    let self_report = this.harness.and_then(|harness| self_report::of_steps(harness, &told));
    let outcome = stop.outcome.unwrap_or(if score >= 1.0 { Outcome::Pass } else { Outcome::Fail });
    let mut resources = stop.resources;
    // Of the whole trial: what is left of it for a step differs from arm to arm.
    resources.insert("limit_wall_sec".into(), this.site.wall().as_secs_f64());
    Ok(Ok(TrialEnd {
        outcome,
        detail: stop.detail,
        score: Some(score),
        rewards,
        agent_seconds,
        grading_seconds,
        workspace,
        changed_outside: outside
            .filter(|listed| !listed.is_empty())
            .and_then(|listed| this.shared.journal.store(listed.as_bytes()).ok()),
        commands: this.shared.journal.store(&evidence.commands).ok(),
        verifier_output: this.shared.journal.store(&output).ok(),
        harness_output: stop.output.and_then(|output| this.shared.journal.store(&output).ok()),
        self_report,
        dns_names: names.take(),
        resources,
        flags: flags.into_iter().collect(),
        ..failed(this.planned, this.try_number, Infra::new(outcome, ""))
    }))
}

/// A step that was carried out.
struct Done {
    stop: Conclusion,
    /// The work tree and its verdict; `None` where the agent left one that cannot be collected.
    graded: Option<AfterAgent>,
    agent_seconds: f64,
}

/// One step in the trial's container; of most tasks the only one.
async fn one_step(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    is_last: bool,
) -> io::Result<Result<Done, Infra>> {
    let ready = async {
        let services = readiness::begin(&this.site, sandbox.guest()).await?;
        session.play(brief_of(this).map_err(|error| Infra::new(Outcome::OrchBug, error))?);
        Ok::<_, Infra>(services)
    };
    let services = match ready.await {
        Ok(services) => services,
        Err(infra) => return Ok(Err(infra)),
    };
    let began = Instant::now();
    let agent = agents::run(this, session, sandbox).instrument(info_span!("agent")).await;
    let agent_seconds = began.elapsed().as_secs_f64();
    if is_last {
        session.close().await;
    }
    let summary = session.summary();
    let stop = match agent {
        Ok(agent) => conclusion::conclude(this, sandbox, agent, &summary).await,
        Err(infra) => Err(infra),
    };
    let stop = match stop {
        Ok(stop) => Ok(stop),
        Err(infra) => conclusion::by_the_agent(sandbox, infra)
            .await
            .map(|(outcome, detail)| conclusion::without_a_word(this, outcome, detail)),
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
    let graded = async {
        let mut stop = stop?;
        let grading = grading::after_agent(&this.site, sandbox, this.leaves());
        let graded = match grading.instrument(info_span!("grading")).await {
            Ok(graded) => Some(graded),
            Err(infra) => {
                let (outcome, detail) = conclusion::by_the_agent(sandbox, infra).await?;
                (stop.outcome, stop.detail) = (Some(outcome), detail);
                None
            }
        };
        if !is_last {
            grading::clear(&this.site, sandbox.guest()).await?;
        }
        Ok(Done { stop, graded, agent_seconds })
    };
    let graded = graded.await;
    drop(services);
    Ok(graded)
}

/// The agent's container, with the harness's pack and the memory it needs for itself.
pub(crate) fn agent_spec(this: &Try<'_>, purpose: &str) -> StartSpec {
    let writable = this.site.task.writable().map(|mut paths| {
        paths.extend([&this.site.workdir, "/tmp", "/logs", "/tests"].map(str::to_owned));
        paths
    });
    let start = StartSpec { writable, ..this.site.start_spec(&this.site.images.agent, purpose) };
    let Some(harness) = this.harness else { return start };
    let packs = this.shared.packs.get(&harness.name).map(|pack| pack.mount()).into_iter().collect();
    StartSpec { harness_memory_mb: harness.memory_mb, packs, ..start }
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
        changed_outside: None,
        commands: None,
        verifier_output: None,
        harness_output: None,
        self_report: None,
        dns_names: Vec::new(),
        resources: BTreeMap::new(),
        flags: Vec::new(),
    }
}
