//! The verdict on a work tree, away from the agent (docs/architecture/trial.md, Grading).

use std::time::{Duration, Instant};

use ledger::Outcome;
use sandbox::{Engine, Sandbox, StartSpec, guest::Guest};
use spec::task::VerifierMode;
use tracing::{Instrument, info_span};
use vocabulary::Caller;

use crate::{
    container::{
        evidence,
        examine::examine,
        pod,
        site::Site,
        workspace::{self, Workspace, take_away},
    },
    grading::{
        hardening::Suspects,
        links,
        outside::Outside,
        regrade::Change,
        restore::restore,
        rewards::Rewards,
        runners,
        verifier::{self, LOGS, TESTS, Tested},
    },
    no_verdict::{Met, NoVerdict},
};

/// How long work that is done waits for an engine that was restarted. After that the trial fails, and the sweep pauses.
const ENGINE_PATIENCE: Duration = Duration::from_secs(600);

/// A verdict on a work tree.
#[derive(Debug)]
pub(crate) struct Grade {
    /// Every reward by name.
    pub(crate) rewards: Rewards,
    /// What the verifier wrote.
    pub(crate) output: Vec<u8>,
    /// How long all of it took.
    pub(crate) seconds: f64,
    /// Why containers before this one gave no verdict on the same work tree.
    pub(crate) failures: Vec<String>,
    /// What was put back or taken away before the tests, as of [`restore`].
    pub(crate) restored: Vec<String>,
}

impl Grade {
    fn new(Tested { rewards, output }: Tested, began: Instant) -> Self {
        let seconds = began.elapsed().as_secs_f64();
        Self { rewards, output, seconds, failures: Vec::new(), restored: Vec::new() }
    }
}

/// What an agent left.
pub(crate) struct Left {
    pub(crate) workspace: Workspace,
    pub(crate) outside: Outside,
}

/// Collects the work tree, after the task's own commands for that.
pub(crate) async fn collect(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    leaves: &[String],
) -> Result<Left, NoVerdict> {
    evidence::hooks_of_main(site, sandbox.guest()).await?;
    let (workspace, outside) = async {
        let request = workspace::request(site, leaves, &sandbox.volumes().await);
        tokio::join!(workspace::collect(sandbox.guest(), request, site.scratch), Outside::of(site, sandbox))
    }
    .instrument(info_span!("collect"))
    .await;
    let mut workspace = workspace?;
    workspace.evidence = evidence::collect(site, sandbox).await?;
    Ok(Left { workspace, outside })
}

/// Grades what was left, where the task says. The tests are put in only now. Beside the agent, what they rely on is put
/// back first.
pub(crate) async fn grade(site: &Site<'_>, sandbox: &dyn Sandbox, left: &Left) -> Result<Grade, NoVerdict> {
    if site.task.verifier.mode == VerifierMode::Separate {
        return grade_work_tree(site, &left.workspace, |_| Ok(())).await;
    }
    let began = Instant::now();
    let suspects = Suspects::among(left.outside.changes(), verifier::search_path(site));
    let restored = match suspects.is_empty() {
        true => Vec::new(),
        false => restore(site, sandbox, &suspects).instrument(info_span!("harden")).await?,
    };
    let cut = take_out(site, sandbox.guest(), &left.workspace, &workspace::roots(site)).await?;
    let restored = restored.into_iter().chain(cut).collect();
    // What the tests may reach holds for them alone.
    site.gate.turn(Caller::Tests, site.hosts(site.task.verifier.network.as_ref()));
    let tested = verifier::run_tests(site, sandbox, site.keeps_processes()).await;
    site.gate.turn(Caller::Agent, site.hosts(site.task.environment.network.as_ref()));
    Ok(Grade { restored, ..Grade::new(tested?, began) })
}

/// Takes out of a container what a work tree holds that reaches for its tests.
async fn take_out(
    site: &Site<'_>,
    guest: &Guest,
    workspace: &Workspace,
    roots: &[String],
) -> Result<Vec<String>, NoVerdict> {
    let mut out = links::cut(guest, workspace, roots).await?;
    out.extend(runners::take_out(site, guest, workspace, roots).await?);
    Ok(out)
}

/// Grades a work tree until there is a verdict, or none is to be had. What was paid for is kept: the agent does not
/// work again for a container that failed, nor for tests that never give a verdict. `usable` may refuse rewards.
pub(crate) async fn grade_work_tree(
    site: &Site<'_>,
    workspace: &Workspace,
    usable: impl Fn(&Rewards) -> Result<(), NoVerdict>,
) -> Result<Grade, NoVerdict> {
    let mut failures = Vec::new();
    loop {
        let grade = grade_in_fresh_container(site, workspace, None).await;
        match grade.and_then(|grade| usable(&grade.rewards).map(|()| grade)) {
            Ok(grade) => return Ok(Grade { failures, ..grade }),
            Err(why) if failures.len() + 1 < Outcome::TRIES as usize => {
                tracing::warn!(outcome = %why.outcome, detail = why.detail, "no verdict, grading again");
                failures.push(why.to_string());
                wait_for_engine(site.engine).await;
            }
            Err(why) => {
                return Err(NoVerdict { retry_helps: why.outcome != Outcome::VerifierCrash, ..why });
            }
        }
    }
}

/// Returns once the engine answers, or after [`ENGINE_PATIENCE`].
async fn wait_for_engine(engine: &dyn Engine) {
    let back = async {
        while engine.check().await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let _ = tokio::time::timeout(ENGINE_PATIENCE, back).await;
}

/// Grades a work tree in a container of its own, with its test and runner files as the image has them where a `change`
/// says in what they differ.
pub(crate) async fn grade_in_fresh_container(
    site: &Site<'_>,
    workspace: &Workspace,
    change: Option<&Change>,
) -> Result<Grade, NoVerdict> {
    let began = Instant::now();
    let fresh = pod::start_for_tests(site, verifier_spec(site)).instrument(info_span!("start")).await?;
    let tested = async {
        let restoring = workspace::restore(site, fresh.guest(), workspace);
        restoring.instrument(info_span!("restore")).await?;
        if let Some(change) = change {
            change.undo(site, fresh.guest()).await?;
        }
        let cut = take_out(site, fresh.guest(), workspace, &workspace::graded(site)).await?;
        let tested = verifier::run_tests(site, &*fresh, false).instrument(info_span!("tests")).await;
        tested.map(|tested| (tested, cut))
    }
    .await;
    let tested = match tested {
        Ok(tested) => Ok(tested),
        Err(why) => Err(of_fresh_container(examine(site, &*fresh, why).await)),
    };
    if let Err(error) = fresh.remove().instrument(info_span!("remove")).await {
        tracing::warn!(trial = site.trial, %error, "the verifier's container was not removed");
    }
    let (tested, restored) = tested?;
    Ok(Grade { restored, ..Grade::new(tested, began) })
}

/// No agent has worked in a fresh container: what it refuses is nobody's doing. What the tests ran there is an agent's:
/// a container that it ended is one whose tests gave no verdict.
fn of_fresh_container(why: NoVerdict) -> NoVerdict {
    match why.met {
        Met::Refused => NoVerdict { met: Met::Nothing, ..why },
        Met::OutOfMemory | Met::LostGuest | Met::FullDisk => {
            NoVerdict { outcome: Outcome::VerifierCrash, ..why }
        }
        Met::Nothing => why,
    }
}

fn verifier_spec(site: &Site<'_>) -> StartSpec {
    let verifier = &site.task.verifier;
    let mut start = site.start_spec(&site.images.verifier, "verifier");
    start.limits.cpus = verifier.cpus.unwrap_or(start.limits.cpus);
    start.limits.memory_mb = verifier.memory_mb.unwrap_or(start.limits.memory_mb);
    start.network = site.network_if(verifier.network.as_ref());
    start.workdir = Some(verifier.workdir.clone().unwrap_or_else(|| site.images.verifier.workdir.clone()));
    start
}

/// Takes away what the tests have left in the agent's container, before the next step begins.
pub(crate) async fn clear_tests(site: &Site<'_>, guest: &Guest) -> Result<(), NoVerdict> {
    if site.task.verifier.mode == VerifierMode::Shared {
        take_away(guest, &[TESTS, LOGS]).await?;
    }
    Ok(())
}
