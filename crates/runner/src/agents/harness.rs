//! A harness as a process in the container.

use std::time::Duration;

use agent::Announcement;
use gateway::Session;
use ledger::Outcome;
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use spec::{Harness, template};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use wire::{End, ExecOutcome, ExecRequest, Keep};

use vocabulary::{Flag, FlagName};

use crate::{
    agents::{
        end::AgentEnd,
        invocation::{self, Values},
        self_report,
    },
    attempt::{GATEWAY_PORT, Try},
    container::{shell::GuestShell, workspace},
    no_verdict::NoVerdict,
};

/// Output kept of a harness, in bytes of its head and of its tail.
const OUTPUT: Keep = Keep { head: 1 << 20, tail: 1 << 20 };

/// How long after a harness's time limit its guest may take to tell of it: killing it takes up to eight seconds, and
/// snapshots, in whose time the limit stands still, a few more each.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long skills may take to be copied.
const COPYING: Duration = Duration::from_secs(60);

/// How long a killed harness may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(15);

/// The instruction as a harness gets it: with the budget announced at the start, where the sweep says so.
fn instruction(this: &Try<'_>) -> String {
    let text = this.site.task.instruction.trim();
    match this.announcement() {
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
pub(crate) async fn ready(
    this: &Try<'_>,
    harness: &Harness,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<Ready, NoVerdict> {
    let shell = this.site.shell(sandbox.guest());
    let owner = this.site.owner(sandbox.guest()).await?;
    let home = String::from_utf8_lossy(&owner.home).into_owned();
    let prompt_file = format!("{}/.overhang-prompt.md", home.trim_end_matches('/'));
    let instruction = instruction(this);
    let servers = invocation::mcp_servers(harness, &this.site.task.environment.mcp_servers);
    let servers = servers.map_err(NoVerdict::bug)?;
    let values = Values {
        pack: &invocation::pack_path(harness),
        gateway: &format!("http://127.0.0.1:{GATEWAY_PORT}"),
        token: session.token().expose_secret(),
        model: this.model_name(),
        instruction: &instruction,
        prompt: this.prompt.trim(),
        prompt_file: &prompt_file,
        workdir: &this.site.workdir,
        home: &home,
        context: this.model.limits.context,
        output: this.model.limits.output,
        root: owner.uid == 0,
        mcp_servers: &servers,
        tool_calls: this.model.tool_calls(),
    };
    let folder = this.project.harness_dir(&harness.name);
    let mut invocation = invocation::render(harness, &folder, &values).map_err(NoVerdict::bug)?;
    if invocation.uses_prompt_file {
        invocation.files.insert(prompt_file.clone(), this.prompt.trim().to_owned());
    }
    workspace::put_texts(sandbox.guest(), &invocation.files, &owner).await?;
    copy_skills(&shell, harness, this, &home).await?;

    let mut request = shell.request(invocation.argv.into_iter().map(Into::into).collect());
    request.env.push((b"HOME".to_vec(), home.clone().into()));
    request.env.extend(invocation.env.into_iter().map(|(name, value)| (name.into(), value.into())));
    request.stdin = invocation.stdin.map(|text| text.into_bytes().into());
    request.stdout = OUTPUT;
    request.time_limit = Some(this.site.wall());
    Ok(Ready { request, transcript: invocation.transcript })
}

/// Copies the task's skills to where the harness looks for them, as the agent's user.
async fn copy_skills(
    shell: &GuestShell,
    harness: &Harness,
    this: &Try<'_>,
    home: &str,
) -> Result<(), NoVerdict> {
    let (Some(folder), Some(place)) = (&this.site.task.environment.skills_dir, &harness.takes.skills) else {
        return Ok(());
    };
    let values = serde_json::json!({"home": home.trim_end_matches('/'), "workdir": this.site.workdir});
    let place = template::render(place, values).map_err(NoVerdict::bug)?;
    let copy = "mkdir -p \"$2\" && cp -r \"$1\"/. \"$2\"";
    let argv = ["sh", "-c", copy, "skills", folder, &place].map(|word| word.as_bytes().to_vec());
    let mut request = shell.request(argv.to_vec());
    request.time_limit = Some(COPYING);
    let outcome = shell.guest.exec(request).await?;
    if outcome.end == End::Exited(0) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&outcome.stdout.kept()).trim().to_owned();
    Err(NoVerdict::task_setup(format!("the skills in `{folder}` cannot be copied ({}): {said}", outcome.end)))
}

/// Runs the harness until it ends or a limit ends it.
pub(crate) async fn run(
    this: &Try<'_>,
    harness: &Harness,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<AgentEnd, NoVerdict> {
    let Ready { request, transcript } = ready(this, harness, session, sandbox).await?;
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
            return Err(NoVerdict::new(Outcome::GuestLost, "the guest did not end the harness at its time limit"));
        }
        why = async {
            // It knows that nothing more comes; how long it may take to see that is its own declaration.
            loop {
                let (why, provider) = tokio::select! {
                    stopped = session.exhausted() => (format!("killed {} s after {stopped:?} ran out", grace.as_secs()), false),
                    failed = session.failed() => (format!("killed {} s after the provider failed ({failed})", grace.as_secs()), true),
                };
                sleep_until(Instant::now() + grace).await;
                // A call may have failed and the conversation have gone on.
                if !provider || session.summary().failure.is_some() {
                    break why;
                }
            }
        } => {
            killed = Some(why);
            steering.kill();
            timeout(KILL_PATIENCE, &mut outcome)
                .await
                .map_err(|_| NoVerdict::new(Outcome::GuestLost, "the harness could not be killed"))??
        }
    };
    let told = match &harness.self_report {
        Some(rule) => self_report::read(this, rule, &outcome, transcript.as_deref(), sandbox.guest()).await,
        None => None,
    };
    Ok(AgentEnd { told, ..describe(&outcome, killed) })
}

/// What its process's end says of a harness that was not, or was `killed`, by us.
pub(crate) fn describe(outcome: &ExecOutcome, killed: Option<String>) -> AgentEnd {
    let mut end = AgentEnd { output: Some(outcome.stdout.kept()), ..AgentEnd::default() };
    let kernel_killed = outcome.oom_kills > 0;
    match (&outcome.end, killed) {
        (_, Some(why)) => {
            end.detail = why;
            end.flags
                .push(Flag::new(FlagName::KilledAfterStop, "the harness did not end by itself in its grace"));
        }
        (End::TimedOut, None) => end.outcome = Some(Outcome::Wall),
        (End::Exited(code), None) => end.detail = format!("the harness exited with {code}"),
        (End::Signalled(9), None) if kernel_killed => {
            end.outcome = Some(Outcome::CgroupOom);
            end.detail = "the kernel killed the harness for memory".into();
        }
        (End::Signalled(signal), None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            end.detail = format!("signal {signal} ended the harness");
        }
        (End::Killed, None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            end.detail = "the harness was killed".into();
        }
        (End::NotStarted { .. }, None) => {
            end.outcome = Some(Outcome::HarnessCrash);
            end.detail = format!("the harness: {}", outcome.end);
        }
    }
    if outcome.pids_refused > 0 {
        end.flags
            .push(Flag::new(FlagName::PidsLimit, format!("{} processes were refused", outcome.pids_refused)));
    }
    end
}
