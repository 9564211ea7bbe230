//! The verdict on a work tree, away from the agent (ARCHITECTURE.md, Grading).

use std::time::{Duration, Instant};

use ledger::Outcome;
use sandbox::{Engine, Sandbox, StartSpec, guest::Guest};
use spec::task::VerifierMode;
use tracing::{Instrument, info_span};
use wire::{CollectRequest, End, ExecRequest, FileLimits, Keep, PutMode, User};

use crate::{
    agents::bare::GuestShell,
    container::{
        readiness,
        site::{Infra, Site},
        workspace::{self, Workspace, put},
    },
    grading::{
        outside,
        rewards::{self, Rewards},
    },
    watch::disk,
};

/// Where Harbor's verifiers write.
const LOGS: &str = "/logs/verifier";

/// Bytes kept of a verifier's output, from its head and from its tail.
const OUTPUT: Keep = Keep { head: 256 << 10, tail: 256 << 10 };

/// How long one step before the tests may take: they only set permissions.
const PREPARING: Duration = Duration::from_secs(30);

/// How long work that is done waits for an engine that was restarted. After that the trial fails, and the sweep pauses.
const ENGINE_PATIENCE: Duration = Duration::from_secs(600);

/// A reward file is small.
const REWARD_LIMITS: FileLimits = FileLimits { entries: 16, bytes: 1 << 20, file_bytes: 1 << 20 };

/// A verdict.
#[derive(Debug)]
pub(crate) struct Graded {
    /// Every reward by name.
    pub(crate) rewards: Rewards,
    /// What the verifier wrote.
    pub(crate) output: Vec<u8>,
    /// How long all of it took.
    pub(crate) seconds: f64,
    /// Why containers before this one gave no verdict on the same work tree.
    pub(crate) failures: Vec<String>,
}

/// What is known once the agent has ended.
pub(crate) struct AfterAgent {
    pub(crate) workspace: Workspace,
    /// As of [`outside::listed`].
    pub(crate) outside: String,
    pub(crate) graded: Graded,
}

/// Collects the work tree, after the task's own commands for that, and grades it. The tests are put in only now.
pub(crate) async fn after_agent(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    leaves: &[String],
) -> Result<AfterAgent, Infra> {
    for hook in &site.task.verifier.collect {
        let mut request = site.shell(sandbox.guest()).bash(&hook.command);
        request.time_limit = Some(seconds(hook.timeout_sec));
        request.user = hook.user.clone().map_or(User::Guest, User::Named);
        let outcome = sandbox.guest().exec(request).await?;
        if outcome.end != End::Exited(0) {
            // What it should have put in place is missing from the work tree, and the tests will say so.
            tracing::warn!(trial = site.trial, end = ?outcome.end, "a collect hook failed");
        }
    }
    let (workspace, outside) = async {
        tokio::join!(
            workspace::collect(sandbox.guest(), workspace::request(site, leaves), site.scratch),
            outside::listed(site, sandbox)
        )
    }
    .instrument(info_span!("collect"))
    .await;
    let workspace = workspace?;
    let graded = match site.task.verifier.mode {
        VerifierMode::Separate => again(site, &workspace, |_| Ok(())).await?,
        VerifierMode::Shared => {
            let began = Instant::now();
            graded(verify(site, sandbox).await?, began)
        }
    };
    Ok(AfterAgent { workspace, outside, graded })
}

/// Grades until there is a verdict, or none is to be had. What was paid for is kept: the agent does not work again
/// for a container that failed, nor for tests that never give a verdict. `usable` may refuse rewards.
pub(crate) async fn again(
    site: &Site<'_>,
    workspace: &Workspace,
    usable: fn(&Rewards) -> Result<(), Infra>,
) -> Result<Graded, Infra> {
    let mut failures = Vec::new();
    loop {
        let graded = fresh(site, workspace).await;
        match graded.and_then(|graded| usable(&graded.rewards).map(|()| graded)) {
            Ok(graded) => return Ok(Graded { failures, ..graded }),
            Err(infra) if failures.len() + 1 < Outcome::TRIES as usize => {
                tracing::warn!(outcome = %infra.outcome, detail = infra.detail, "no verdict, grading again");
                failures.push(format!("{}: {}", infra.outcome, infra.detail));
                answering(site.engine).await;
            }
            Err(infra) => return Err(Infra { again: infra.outcome != Outcome::VerifierCrash, ..infra }),
        }
    }
}

/// Returns once the engine answers, or after [`ENGINE_PATIENCE`].
async fn answering(engine: &Engine) {
    let back = async {
        while engine.check().await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let _ = tokio::time::timeout(ENGINE_PATIENCE, back).await;
}

/// Grades a work tree in a container of its own.
async fn fresh(site: &Site<'_>, workspace: &Workspace) -> Result<Graded, Infra> {
    let began = Instant::now();
    let fresh = site.engine.start(verifier_spec(site)).instrument(info_span!("start")).await?;
    let verdict = async {
        let restoring = workspace::restore(site, fresh.guest(), workspace);
        restoring.instrument(info_span!("restore")).await?;
        verify(site, &*fresh).instrument(info_span!("tests")).await
    }
    .await;
    if let Err(error) = fresh.remove().instrument(info_span!("remove")).await {
        tracing::warn!(trial = site.trial, %error, "the verifier's container was not removed");
    }
    // No agent has worked in this container: what it refuses is nobody's doing.
    Ok(graded(verdict.map_err(|infra| Infra { refused: false, ..infra })?, began))
}

fn graded((rewards, output): (Rewards, Vec<u8>), began: Instant) -> Graded {
    Graded { rewards, output, seconds: began.elapsed().as_secs_f64(), failures: Vec::new() }
}

fn verifier_spec(site: &Site<'_>) -> StartSpec {
    let verifier = &site.task.verifier;
    let mut start = site.start_spec(&site.images.verifier, "verifier");
    start.limits.cpus = verifier.cpus.unwrap_or(start.limits.cpus);
    start.limits.memory_mb = verifier.memory_mb.unwrap_or(start.limits.memory_mb);
    start.network = site.network_if(verifier.network);
    start
}

async fn verify(site: &Site<'_>, sandbox: &dyn Sandbox) -> Result<(Rewards, Vec<u8>), Infra> {
    let guest = sandbox.guest();
    let verifier = &site.task.verifier;
    // An image of the verifier's own brings its tests along.
    if verifier.image.is_none() {
        guest.put(put("/tests", PutMode::Mirror), []).await?;
        for tests in &site.task.tests {
            guest.put_directory(put("/tests", PutMode::Merge), tests, (0, 0)).await?;
        }
    }
    guest.put(put(LOGS, PutMode::Mirror), []).await?;
    let image =
        if verifier.mode == VerifierMode::Separate { &site.images.verifier } else { &site.images.agent };
    let services = readiness::start_entrypoint(site, guest, image)?;
    let mut env = site.env.clone();
    env.extend(verifier.env.clone());
    let workdir = verifier.workdir.clone().unwrap_or_else(|| site.workdir.clone());
    let shell = GuestShell { guest: guest.clone(), workdir, env, user: User::Guest };
    let root = |argv: &[&str]| ExecRequest {
        time_limit: Some(PREPARING),
        stdout: OUTPUT,
        ..shell.request(argv.iter().map(|argument| argument.as_bytes().to_vec()).collect())
    };
    guest.exec(root(&["chmod", "777", LOGS])).await?;
    guest.exec(root(&["chmod", "-R", "a+rX", "/tests"])).await?;
    guest.exec(root(&["chmod", "a+x", "/tests/test.sh"])).await?;
    let mut request = root(&["bash", "-c", "/tests/test.sh"]);
    request.time_limit = Some(seconds(verifier.timeout_sec));
    if let Some(user) = &verifier.user {
        request.user = User::Named(user.clone());
    }
    let watch = disk::watch(site, sandbox).await?;
    // The agent's programs run here too.
    let ended = tokio::select! {
        outcome = guest.exec(request) => Ok(outcome?),
        full = watch.full() => Err(full?),
    };
    // Nothing the tests left running may still write a reward.
    guest.kill_all().await?;
    let outcome = ended.map_err(|full| crash(&full, &[]))?;
    drop(services);
    let output = outcome.stdout.kept();
    // Harbor ignores the exit code; what counts is the reward.
    match written(site, guest).await? {
        Ok(rewards) => Ok((rewards, output)),
        Err(_) if outcome.end == End::TimedOut => {
            Err(crash(&format!("the tests ran into their limit of {} s", verifier.timeout_sec), &output))
        }
        Err(wrong) => Err(crash(&format!("{wrong} ({:?})", outcome.end), &output)),
    }
}

/// Takes away what grading has left in the agent's container, before the next step begins.
pub(crate) async fn clear(site: &Site<'_>, guest: &Guest) -> Result<(), Infra> {
    if site.task.verifier.mode == VerifierMode::Shared {
        // What they hold by the guest itself: the container's own `rm` is whatever the agent made of it.
        for place in ["/tests", LOGS] {
            guest.put(put(place, PutMode::Mirror), []).await?;
        }
        let mut request = site.shell(guest).request(["rm", "-rf", "/tests", LOGS].map(Into::into).to_vec());
        request.user = User::Guest;
        request.time_limit = Some(PREPARING);
        guest.exec(request).await?;
    }
    Ok(())
}

/// A verifier that gave no verdict: never a 0.
fn crash(wrong: &str, output: &[u8]) -> Infra {
    let text = String::from_utf8_lossy(output);
    let start = text.floor_char_boundary(text.len().saturating_sub(400));
    let said = text[start..].trim();
    let detail = if said.is_empty() {
        format!("tests/test.sh: {wrong}")
    } else {
        format!("tests/test.sh: {wrong}: {said}")
    };
    Infra::new(Outcome::VerifierCrash, detail)
}

/// What the verifier wrote, or what is wrong with it.
async fn written(site: &Site<'_>, guest: &Guest) -> Result<Result<Rewards, String>, Infra> {
    let host = |error: std::io::Error| Infra::new(Outcome::HostDisk, error);
    let archive = tempfile::Builder::new().tempfile_in(site.scratch).map_err(host)?.into_temp_path();
    let paths = ["reward.json", "reward.txt"].map(|name| format!("{LOGS}/{name}").into_bytes());
    let request = CollectRequest { roots: paths.to_vec(), exclude: Vec::new(), limits: REWARD_LIMITS };
    if let Err(error) = guest.collect(request, &archive).await {
        return Err(Infra::new(Outcome::VerifierCrash, error));
    }
    let mut json = None;
    let mut text = None;
    for entry in tar::Archive::new(fs_err::File::open(&archive).map_err(host)?).entries().map_err(host)? {
        let mut entry = entry.map_err(host)?;
        // A link to somewhere else is no reward.
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let is_json = entry.path_bytes().ends_with(b".json");
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).map_err(host)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        if is_json { json = Some(content) } else { text = Some(content) }
    }
    Ok(rewards::read(json.as_deref(), text.as_deref()))
}

/// A limit as a task writes it.
pub(crate) fn seconds(limit: f64) -> Duration {
    Duration::try_from_secs_f64(limit).unwrap_or(Duration::MAX)
}
