//! The agent's part of a trial: the bare loop here, or a harness in the container.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent::{Allowance, Announcement, End, Failure, Profile};
use gateway::Session;
use ledger::Outcome;
use sandbox::{Sandbox, guest::Events};
use secrecy::ExposeSecret;
use spec::{Dialect, Harness, harness::Told, model::ToolCalls, sweep};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use wire::{DnsRequest, ExecOutcome, ExecRequest, Keep, ListenRequest};

use crate::{
    agents::{bare::SessionModel, invocation as harness, invocation::Values, self_report},
    container::{site::Infra, workspace},
    trial::{
        one_try::{GATEWAY_PORT, Try},
        snapshot::Capture,
    },
    watch::disk,
};

/// Output kept of a harness, in bytes of its head and of its tail.
const OUTPUT: Keep = Keep { head: 1 << 20, tail: 1 << 20 };

/// Names of the container's DNS that are reported.
const DNS_NAMES: u32 = 1000;

/// How long after a harness's time limit its guest may take to tell of it: killing it takes up to eight seconds, and
/// snapshots, in whose time the limit stands still, a few more each.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long a killed harness may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(15);

/// How the agent's part ended, as far as the agent itself knows.
#[derive(Debug, Default)]
pub(crate) struct AgentEnd {
    /// Why it was cut short; `None` when it ended by itself.
    pub(crate) outcome: Option<Outcome>,
    /// Whether a model call that failed for good ended it.
    pub(crate) model_failed: bool,
    pub(crate) detail: String,
    pub(crate) output: Option<Vec<u8>>,
    /// What the harness says it used.
    pub(crate) told: Option<Told>,
    pub(crate) flags: Vec<String>,
}

/// Names asked of the container's DNS.
#[derive(Clone, Default)]
pub(crate) struct DnsNames(Arc<Mutex<Vec<String>>>);

impl DnsNames {
    fn add(&self, name: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Opens the container's way to the gateway, the same in every arm, and its DNS.
pub(crate) async fn open_tunnel(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    events: Option<Events>,
    names: &DnsNames,
    connections: u32,
) -> Result<(), Infra> {
    let guest = sandbox.guest();
    let mut listener =
        guest.listen(ListenRequest { port: GATEWAY_PORT, max_connections: connections }).await?;
    let (gateway, only) = (this.shared.gateway.clone(), session.clone());
    tokio::spawn(async move {
        while let Some(connection) = listener.accept().await {
            let (gateway, only) = (gateway.clone(), only.clone());
            tokio::spawn(async move { gateway.serve(connection, Some(&only)).await });
        }
    });
    if this.site.has_network() {
        return Ok(());
    }
    guest.answer_dns(DnsRequest { port: 53, max_names: DNS_NAMES }).await?;
    if let Some(mut events) = events {
        let names = names.clone();
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    wire::Event::DnsName { name } => names.add(name),
                    wire::Event::DnsNamesDropped => names.add("…".to_owned()),
                }
            }
        });
    }
    Ok(())
}

/// Runs the agent until it ends or a limit ends it.
pub(crate) async fn run(this: &Try<'_>, session: &Session, sandbox: &dyn Sandbox) -> Result<AgentEnd, Infra> {
    let capture = Capture::of(this, sandbox.guest()).map(Arc::new);
    let _listening = capture.clone().map(|capture| this.shared.journal.listen(&this.planned.id, capture));
    let watch = disk::watch(&this.site, sandbox).await?;
    let agent = async {
        match this.harness {
            None => Ok(bare_loop(this, session, sandbox, capture).await),
            Some(harness) => run_harness(this, harness, session, sandbox).await,
        }
    };
    tokio::select! {
        end = agent => end,
        full = watch.full() => {
            // Only here: an agent still waited for would be taken for one that was killed for no reason.
            sandbox.guest().kill_all().await?;
            Ok(AgentEnd { outcome: Some(Outcome::CgroupDisk), detail: full?, ..AgentEnd::default() })
        }
    }
}

/// Runs a script where the agent's commands run, started by us instead of by the agent.
pub(crate) async fn run_outside(
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    script: &str,
) -> Result<AgentEnd, Infra> {
    let command = [b"bash".to_vec(), b"-c".to_vec(), script.into()];
    let outcome = sandbox.guest().exec(this.site.shell(sandbox.guest()).request(command.to_vec())).await?;
    Ok(describe(&outcome, None))
}

/// The name a model is asked for by.
fn model_name(this: &Try<'_>) -> String {
    this.model.endpoint.as_ref().map_or_else(|| this.model.id.clone(), |endpoint| endpoint.model.clone())
}

async fn bare_loop(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    capture: Option<Arc<Capture>>,
) -> AgentEnd {
    let endpoint = this.model.endpoint.as_ref();
    let model = SessionModel {
        session: session.clone(),
        dialect: endpoint.map_or(Dialect::OpenaiChat, |endpoint| endpoint.dialect),
        capture,
    };
    let config = agent::Config {
        model: model_name(this),
        system: this.prompt.to_owned(),
        instruction: this.site.task.instruction.clone(),
        workdir: this.site.workdir.clone(),
        profile: match endpoint.map(|endpoint| endpoint.tool_calls).unwrap_or_default() {
            ToolCalls::Native => Profile::Native,
            ToolCalls::Text => Profile::Text,
        },
        announcement: announcement(this),
        turns: this.site.limits.turns,
        deadline: Instant::now() + this.site.wall(),
        command_limit: Duration::from_secs(this.site.limits.command_sec),
        output_chars: 10_000,
        context: this.model.limits.context,
        max_output: this.model.limits.output,
    };
    let end = agent::run(&config, &model, &this.site.shell(sandbox.guest()), &mut |_| {}).await;
    let ended = |outcome| AgentEnd { outcome: Some(outcome), ..AgentEnd::default() };
    let failed = |outcome, detail: &str| AgentEnd {
        outcome: Some(outcome),
        model_failed: true,
        detail: detail.to_owned(),
        ..AgentEnd::default()
    };
    match end {
        End::Done => AgentEnd::default(),
        End::Budget => ended(Outcome::Budget),
        End::Turns => ended(Outcome::Turns),
        End::Wall => ended(Outcome::Wall),
        End::Context => ended(Outcome::ContextOverflow),
        End::Malformed => ended(Outcome::Malformed),
        End::Refusal => ended(Outcome::Refusal),
        End::ModelFailed(Failure::RateLimit) => failed(Outcome::Provider429, "the provider limits the rate"),
        End::ModelFailed(Failure::Server) => failed(Outcome::Provider5xx, "the provider failed"),
        End::ModelFailed(Failure::Auth) => failed(Outcome::ProviderAuth, "the provider refused the key"),
        End::ModelFailed(Failure::Unreachable) => {
            failed(Outcome::Provider5xx, "the provider was not reached")
        }
        End::ModelFailed(Failure::Protocol) => {
            failed(Outcome::OrchBug, "the provider and we do not agree on the format")
        }
        End::ShellLost => AgentEnd {
            outcome: Some(Outcome::SelfKill),
            detail: "the container ended while a command ran".into(),
            ..AgentEnd::default()
        },
    }
}

fn announcement(this: &Try<'_>) -> Announcement {
    let unit = if this.shared.plan.sweep.budget.meter == "price" { "US dollars" } else { "tokens" };
    let allowance = Allowance { total: this.shared.plan.sweep.budget.tokens, unit: unit.into() };
    match this.shared.plan.sweep.announcement {
        sweep::Announcement::None => Announcement::None,
        sweep::Announcement::Start => Announcement::Start(allowance),
        sweep::Announcement::EveryTurn => Announcement::EveryTurn(allowance),
    }
}

/// The instruction as a harness gets it: with the budget announced at the start, where the sweep says so.
fn instruction(this: &Try<'_>) -> String {
    let text = this.site.task.instruction.trim();
    match announcement(this) {
        Announcement::None => text.to_owned(),
        Announcement::Start(allowance) | Announcement::EveryTurn(allowance) => {
            format!("{text}\n{}", agent::budget_notice(&allowance).trim_end())
        }
    }
}

/// A harness about to be started: its files are written, and the request says the rest.
pub(crate) struct Ready {
    pub(crate) request: ExecRequest,
    /// Where it will write its transcript; a pattern.
    transcript: Option<String>,
}

/// Fills a harness in for this try and writes its files.
pub(crate) async fn ready_harness(
    this: &Try<'_>,
    harness: &Harness,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<Ready, Infra> {
    let shell = this.site.shell(sandbox.guest());
    let user = if this.site.user.is_empty() { "0" } else { &this.site.user };
    let record = sandbox.guest().user(user).await?;
    let home = String::from_utf8_lossy(&record.home).into_owned();
    let prompt_file = format!("{}/.overhang-prompt.md", home.trim_end_matches('/'));
    let instruction = instruction(this);
    let values = Values {
        pack: &harness::pack_path(harness),
        gateway: &format!("http://127.0.0.1:{GATEWAY_PORT}"),
        token: session.token().expose_secret(),
        model: &model_name(this),
        instruction: &instruction,
        prompt: this.prompt.trim(),
        prompt_file: &prompt_file,
        workdir: &this.site.workdir,
        home: &home,
        context: this.model.limits.context,
        output: this.model.limits.output,
        root: record.uid == 0,
    };
    let folder = this.shared.project.harness_dir(&harness.name);
    let mut invocation =
        harness::render(harness, &folder, &values).map_err(|error| Infra::new(Outcome::OrchBug, error))?;
    if invocation.uses_prompt_file {
        invocation.files.insert(prompt_file.clone(), this.prompt.trim().to_owned());
    }
    workspace::put_texts(sandbox.guest(), &invocation.files, &record).await?;

    let mut request = shell.request(invocation.argv.into_iter().map(Into::into).collect());
    request.env.push((b"HOME".to_vec(), home.clone().into()));
    request.env.extend(invocation.env.into_iter().map(|(name, value)| (name.into(), value.into())));
    request.stdin = invocation.stdin.map(|text| text.into_bytes().into());
    request.stdout = OUTPUT;
    request.time_limit = Some(this.site.wall());
    Ok(Ready { request, transcript: invocation.transcript })
}

async fn run_harness(
    this: &Try<'_>,
    harness: &Harness,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<AgentEnd, Infra> {
    let Ready { request, transcript } = ready_harness(this, harness, session, sandbox).await?;
    // Its wall time is kept by the guest; one that does not even answer to that is not waited for.
    let patience = this.site.wall() + PATIENCE;
    let running = sandbox.guest().start(request)?;
    let steering = running.steering();
    let outcome = running.outcome();
    tokio::pin!(outcome);
    let grace = Duration::from_secs(harness.end.grace_sec);
    let mut killed = None;
    let outcome = tokio::select! {
        outcome = &mut outcome => outcome?,
        () = sleep(patience) => {
            return Err(Infra::new(Outcome::Docker, "the guest did not end the harness at its time limit"));
        }
        why = async {
            // It knows that nothing more comes; how long it may take to see that is its own declaration.
            let why = tokio::select! {
                stopped = session.exhausted() => format!("killed {} s after {stopped:?} ran out", grace.as_secs()),
                failed = session.failed() => format!("killed {} s after the provider failed ({failed})", grace.as_secs()),
            };
            sleep_until(Instant::now() + grace).await;
            why
        } => {
            killed = Some(why);
            steering.kill();
            timeout(KILL_PATIENCE, &mut outcome)
                .await
                .map_err(|_| Infra::new(Outcome::Docker, "the harness could not be killed"))??
        }
    };
    let told = match &harness.self_report {
        Some(rule) => self_report::read(this, rule, &outcome, transcript.as_deref(), sandbox.guest()).await,
        None => None,
    };
    Ok(AgentEnd { told, ..describe(&outcome, killed) })
}

fn describe(outcome: &ExecOutcome, killed: Option<String>) -> AgentEnd {
    let mut end = AgentEnd { output: Some(outcome.stdout.kept()), ..AgentEnd::default() };
    let kernel_killed = outcome.oom_kills > 0;
    match (&outcome.end, killed) {
        (_, Some(why)) => {
            end.detail = why;
            end.flags.push("KILLED_AFTER_STOP: the harness did not end by itself in its grace".into());
        }
        (wire::End::TimedOut, None) => end.outcome = Some(Outcome::Wall),
        (wire::End::Exited(code), None) => end.detail = format!("the harness exited with {code}"),
        (wire::End::Signalled(9), None) if kernel_killed => {
            end.outcome = Some(Outcome::CgroupOom);
            end.detail = "the kernel killed the harness for memory".into();
        }
        (wire::End::Signalled(signal), None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            end.detail = format!("signal {signal} ended the harness");
        }
        (wire::End::Killed, None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            end.detail = "the harness was killed".into();
        }
        (wire::End::NotStarted { step, errno, subject }, None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            let reason = std::io::Error::from_raw_os_error(*errno);
            end.detail = format!("the harness could not be started ({step:?} {subject}): {reason}");
        }
    }
    if outcome.pids_refused > 0 {
        end.flags.push(format!("PIDS_LIMIT: {} processes were refused", outcome.pids_refused));
    }
    end
}
